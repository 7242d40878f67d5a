/* tests/linked/caller.c: calls the linked pipeline, compares with plain C, and counts what was called. */
#include <stdatomic.h>
#include <stdio.h>

#include "tone.h"

enum { W = 37, H = 9 };
extern atomic_int tone_ticks;

static const int curve[2][8] = {{0, 1, 4, 9, 16, 25, 36, 49}, {7, 6, 5, 4, 3, 2, 1, 0}};

int main(void)
{
    static uint8_t pixels[H][W + 2];
    static int32_t result[H][W];
    cb_dim di[2] = {{.extent = W + 2}, {.extent = H}}, dr[2] = {{.extent = W}, {.extent = H}};
    cb_buffer in, out;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W + 2; x++)
            pixels[y][x] = (uint8_t)(x * 29 + y * 83);
    cb_buffer_init(&in, pixels, (cb_type){CB_UINT, 8, 1}, 2, di);
    di[0].min = -1;
    cb_buffer_init(&out, result, (cb_type){CB_INT, 32, 1}, 2, dr);
    int code = tone(NULL, &in, 2, &out);
    if (code) {
        printf("error %d\n", code);
        return 1;
    }
    if (tone_ticks != W * H) {
        printf("%d calls of tone_tick for %d points\n", (int)tone_ticks, W * H);
        return 1;
    }
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            const uint8_t *p = &pixels[y][x]; /* at x - 1 */
            float level = (float)(curve[y % 2][p[0] % 8] + curve[y % 2][p[2] % 8] + curve[0][0]);
            float knee = (float)curve[0][3], toned = level > knee ? knee + (level - knee) / 2 : level;
            int want = (p[1] < 40 ? 0 : (int)(toned * 2)) + (p[1] & 1);
            if (result[y][x] != want) {
                printf("out(%d, %d) is %d, should be %d\n", x, y, (int)result[y][x], want);
                return 1;
            }
        }
    if (tone_metadata.nargs != 3) { /* the table is none */
        printf("%u arguments\n", tone_metadata.nargs);
        return 1;
    }
    puts("linked");
    return 0;
}

/* apps/scene/main.c: scene OUT.png [WIDTH HEIGHT] */
#include "app.h"
#include "scene.h"

int main(int argc, char **argv)
{
    long w = argc == 4 ? strtol(argv[2], NULL, 10) : 1280, h = argc == 4 ? strtol(argv[3], NULL, 10) : 960;
    if ((argc != 2 && argc != 4) || w < 1 || h < 1 || w > 65536 || h > 65536) {
        fprintf(stderr, "usage: %s OUT.png|jpg [WIDTH HEIGHT]\nDraws a picture.\n", argv[0]);
        return 2;
    }
    cb_image out;
    int code = cb_image_new(NULL, app_u8, (int32_t)w, (int32_t)h, 3, &out);
    if (code == 0)
        code = scene(NULL, (float)w, (float)h, &out.buffer);
    if (code == 0)
        code = cb_image_save(NULL, argv[1], &out.buffer);
    if (code == 0)
        printf("wrote %s\n", argv[1]);
    cb_image_free(NULL, &out);
    return code != 0;
}

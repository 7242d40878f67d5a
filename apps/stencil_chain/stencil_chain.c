/* apps/stencil_chain/stencil_chain.c: 32 stencils of 5 x 5 points, one after the other.
 *
 * A stencil weighs the pixel i columns and j rows away, i and j from -2 to 2, by (i + 3)*(j + 3), and wraps to 16 bits. Its
 * weights are a column times a row, and it is written so: first across, then down. With `across` inline that is 25 loads,
 * 24 multiplications and 24 additions, as many as the sum of 25 terms has; a schedule that stores it needs 8 and 8.
 *
 * Beyond the picture the nearest pixel counts, and every step of the chain goes on from there: step k is computed 2*(32 - k)
 * pixels beyond the output. */
#include <carbide/dsl.h>

enum { LINKS = 32 };

Generator(stencil_chain)
{
    Input(in, u16, 2);
    Output(out, u16, 2);
    FuncArray(step, LINKS);                        /* step[0] is the picture, out the last stencil */
    FuncArray(across, LINKS);                      /* the rows of step[k], summed */
    Vars(x, y);

    repeat_edge(step[0], in);
    for (int k = 0; k < LINKS; k++) {
        define_with((k), across[k](x, y) = step[k](x - 2, y) + 2*step[k](x - 1, y) + 3*step[k](x, y) + 4*step[k](x + 1, y) + 5*step[k](x + 2, y));
        Func next = k + 1 < LINKS ? step[k + 1] : out;
        define_with((k, next), next(x, y) = across[k](x, y - 2) + 2*across[k](x, y - 1) + 3*across[k](x, y) + 4*across[k](x, y + 1) + 5*across[k](x, y + 2));
    }
}

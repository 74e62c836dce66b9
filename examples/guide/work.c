/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <weir/weir.h>

static int64_t count_primes(void *user) { /* on another thread */
    int most = *(const int *)user, count = 0;
    for (int n = 2; n < most; n++) {
        int d = 2;
        while (d * d <= n && n % d != 0)
            d++;
        count += d * d > n;
    }
    return count;
}

static void counted(weir_work *work, int64_t result) { /* on the loop's thread */
    printf("%d primes below %d\n", (int)result, *(int *)work->user);
}

int main(void) {
    int most = 10000;
    weir_work work = {.run = count_primes, .done = counted, .user = &most};
    weir_loop *loop = weir_loop_new(NULL);
    if (weir_work_submit(loop, &work) < 0) return 1;
    weir_run(loop);
    return weir_loop_close(loop, NULL, NULL) < 0;
}

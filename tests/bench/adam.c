/* Adam on a line through some readings, many runs side by side, as the engine lays them out: runs last.
   Built twice: for any number of readings, and with ROWS known to the compiler, which then unrolls. */

#include <math.h>
#include <stddef.h>

void adam(size_t runs, int epochs, int rows, const float *restrict t_u, const float *restrict t_c,
          const float *restrict lr, float beta1, float beta2, float eps, float level,
          float *restrict w, float *restrict b, float *restrict m_w, float *restrict m_b,
          float *restrict s_w, float *restrict s_b, float *restrict loss, float *restrict g_w,
          float *restrict g_b, float *restrict best, float *restrict waited, float *restrict lived)
{
#ifdef ROWS
    rows = ROWS;
#endif
    double power1 = 1, power2 = 1;
    for (int epoch = 0; epoch <= epochs; epoch++) {
        power1 *= beta1;
        power2 *= beta2;
        float first = (float)(1 / (1 - power1)), second = (float)(1 / sqrt(1 - power2));
#ifdef ROWS
#pragma omp simd
        for (size_t r = 0; r < runs; r++) {
            float square = 0, slope_w = 0, slope_b = 0;
            for (int i = 0; i < ROWS; i++) {
                float error = w[r] * t_u[i] + b[r] - t_c[i];
                square += error * error;
                slope_w += error * t_u[i];
                slope_b += error;
            }
            loss[r] = square;
            g_w[r] = slope_w;
            g_b[r] = slope_b;
        }
#else
        for (size_t r = 0; r < runs; r++)
            loss[r] = g_w[r] = g_b[r] = 0;
        for (int i = 0; i < rows; i++)
#pragma omp simd
            for (size_t r = 0; r < runs; r++) {
                float error = w[r] * t_u[i] + b[r] - t_c[i];
                loss[r] += error * error;
                g_w[r] += error * t_u[i];
                g_b[r] += error;
            }
#endif
#pragma omp simd
        for (size_t r = 0; r < runs; r++) {
            loss[r] /= rows;
            best[r] = loss[r] < best[r] ? loss[r] : best[r];
            waited[r] += best[r] > level;
            lived[r] += fabsf(loss[r]) < INFINITY;
            float slope_w = g_w[r] * (2.0f / rows), slope_b = g_b[r] * (2.0f / rows);
            m_w[r] += (1 - beta1) * (slope_w - m_w[r]);
            m_b[r] += (1 - beta1) * (slope_b - m_b[r]);
            s_w[r] = beta2 * s_w[r] + (1 - beta2) * slope_w * slope_w;
            s_b[r] = beta2 * s_b[r] + (1 - beta2) * slope_b * slope_b;
            w[r] -= lr[r] * first * m_w[r] / (sqrtf(s_w[r]) * second + eps);
            b[r] -= lr[r] * first * m_b[r] / (sqrtf(s_b[r]) * second + eps);
        }
    }
}

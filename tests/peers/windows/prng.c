/* wine 8 lacks bcryptprimitives.dll, which wheels built with Rust load for random numbers. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length); /* RtlGenRandom */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length) {
    const SIZE_T most = 0x10000000;
    for (SIZE_T done = 0; done < length;) {
        SIZE_T part = length - done < most ? length - done : most;
        if (!SystemFunction036(buffer + done, (ULONG)part)) return FALSE;
        done += part;
    }
    return TRUE;
}

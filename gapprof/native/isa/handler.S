# The SIGILL handler of the ceiling: answers CPUID for our patched sites, with bits cleared. handler.py holds its bytes.
#   as --64 -o handler.o handler.S && objcopy -O binary -j .text handler.o handler.bin     (a test does this)
#
#   void handler(int signal, siginfo_t *, ucontext_t *)          System V calling convention, x86-64 Linux
#
# A Python callback could not do this: the signal arrives inside onnxruntime, with or without the GIL.
# The data block lies one page after the code, so that the code page is never writable while it runs.
    .intel_syntax noprefix
    .text

# ucontext_t: offsets of the saved registers (asm/sigcontext.h)
    .set UC_RBX, 128
    .set UC_RDX, 136
    .set UC_RAX, 144
    .set UC_RCX, 152
    .set UC_RIP, 168
# data block (handler.py, DataBlock)
    .set SITE_COUNT, 0
    .set SITES, 8               # u64[]: absolute addresses
    .set MASK_COUNT, 16
    .set MASKS, 24              # {u32 leaf; i32 subleaf, -1 any; u32 eax, ebx, ecx, edx}[]
    .set HITS, 32               # u64, counted atomically
    .set LOG_SIZE, 40
    .set LOG, 48                # {u32 site, leaf, subleaf, ecx}[]
    .set PREVIOUS, 56           # handler that was there before; 0 and 1 are SIG_DFL and SIG_IGN
    .set DEFAULT_ACTION, 64     # 32 zero bytes: struct sigaction of the kernel with SIG_DFL
    .set PAGE, 4096
    .set MASK_ROW, 24
    .set SYS_RT_SIGACTION, 13

handler:
    push rbx                            # cpuid overwrites it
    push r12
    mov r8, rdx                         # ucontext
    mov r9, [r8 + UC_RIP]
    lea r10, [rip + handler + PAGE]     # data block
    mov rcx, [r10 + SITE_COUNT]
    mov r11, [r10 + SITES]
next_site:
    sub rcx, 1
    jb not_ours
    cmp [r11 + rcx*8], r9
    jne next_site
    mov r12, rcx                        # index of the site, for the log

    mov eax, [r8 + UC_RAX]
    mov ecx, [r8 + UC_RCX]
    mov edi, eax                        # leaf
    mov esi, ecx                        # subleaf
    cpuid
    mov r9, [r10 + MASK_COUNT]
    mov r11, [r10 + MASKS]
next_mask:
    sub r9, 1
    jb answer
    cmp [r11], edi
    jne skip_mask
    cmp dword ptr [r11 + 4], -1
    je apply_mask
    cmp [r11 + 4], esi
    jne skip_mask
apply_mask:
    and eax, [r11 + 8]
    and ebx, [r11 + 12]
    and ecx, [r11 + 16]
    and edx, [r11 + 20]
skip_mask:
    add r11, MASK_ROW
    jmp next_mask

answer:
    mov [r8 + UC_RAX], rax              # cpuid cleared the upper halves, as the real instruction would
    mov [r8 + UC_RBX], rbx
    mov [r8 + UC_RCX], rcx
    mov [r8 + UC_RDX], rdx
    add qword ptr [r8 + UC_RIP], 2      # both cpuid and ud2 are two bytes
    mov r9d, 1
    lock xadd [r10 + HITS], r9
    cmp r9, [r10 + LOG_SIZE]
    jae done
    shl r9, 4
    add r9, [r10 + LOG]
    mov [r9], r12d
    mov [r9 + 4], edi
    mov [r9 + 8], esi
    mov [r9 + 12], ecx
done:
    pop r12
    pop rbx
    ret

not_ours:                               # a genuine illegal instruction
    mov rax, [r10 + PREVIOUS]
    pop r12
    pop rbx
    cmp rax, 1
    jbe restore_default
    jmp rax                             # arguments are still in edi, rsi, rdx
restore_default:                        # returning repeats the instruction, which now kills the process as usual
    mov eax, SYS_RT_SIGACTION
    lea rsi, [r10 + DEFAULT_ACTION]     # edi still holds the signal
    xor edx, edx
    mov r10d, 8                         # size of the kernel's sigset_t
    syscall
    ret

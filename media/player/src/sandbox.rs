//! What this process may not ask of the kernel, whatever a decoder is talked into.

use std::collections::BTreeMap;

use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// More than the player, its sound server and a few streams need.
const OPEN_FILES: u64 = 512;
/// Killed before any of the services, which can start it again.
const OOM_SCORE: &str = "300";

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the list of refused system calls cannot be built")]
    Build(#[from] seccompiler::BackendError),
    #[error("the kernel does not take the list of refused system calls")]
    Apply(#[from] seccompiler::Error),
}

/// None of these is needed to decode and to sound. `io_uring` is among them because it makes sockets past this list.
const REFUSED: &[libc::c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_open_tree,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_open_by_handle_at,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_add_key,
    libc::SYS_keyctl,
    libc::SYS_request_key,
];

/// Refuses to all threads, for good: programs, other processes' memory, mounts, modules, and, without `network`, every socket that leaves the machine.
///
/// # Errors
/// [`SandboxError`] if the kernel knows no such filters.
pub fn confine(network: bool) -> Result<(), SandboxError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    if !network {
        let elsewhere =
            SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, libc::AF_UNIX.unsigned_abs().into())?;
        rules.insert(libc::SYS_socket, vec![SeccompRule::new(vec![elsewhere])?]);
    }
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter_all_threads(&program)?;
    Ok(())
}

/// Few open files, no core dumps (a core holds what was played), and the first to go when memory runs out. What the kernel refuses stays as it was.
pub fn limit() {
    let to = |most| Rlimit { current: Some(most), maximum: Some(most) };
    for (resource, most) in [(Resource::Nofile, OPEN_FILES), (Resource::Core, 0)] {
        if let Err(error) = setrlimit(resource, to(most)) {
            tracing::debug!(%error, "a limit was not taken");
        }
    }
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE) {
        tracing::debug!(%error, "the score for low memory was not taken");
    }
}

//! What the kernel knows of a process.

use std::process::Child;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Pid;

/// A child that ends with this.
pub struct Kept(pub Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// CPU time that a process has used, user and system.
pub fn cpu_time(pid: Pid) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()))?;
    // The name, in brackets, may hold spaces.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).context("/proc/PID/stat");
    // Linux shows every program a hundred ticks a second, whatever its own clock.
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// CPU time that the threads which a process now has were given, to the nanosecond: of a process that rests, a tick is too coarse.
pub fn scheduled_time(pid: Pid) -> Result<Duration> {
    let mut given = 0;
    for task in std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()))? {
        let told = std::fs::read_to_string(task?.path().join("schedstat"))?;
        given += told.split(' ').next().unwrap_or_default().parse::<u64>().context("/proc/PID/task/TID/schedstat")?;
    }
    Ok(Duration::from_nanos(given))
}

/// Memory of a process with shared pages divided among those that share them, bytes.
pub fn proportional_set(pid: Pid) -> Result<u64> {
    rollup(pid, "Pss:")
}

fn rollup(pid: Pid, name: &'static str) -> Result<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", pid.as_raw_nonzero()))?;
    let line = rollup.lines().find_map(|line| line.strip_prefix(name)).context(name)?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes * 1024)
}

/// Memory of a process, shared pages too, bytes.
pub fn resident_set(pid: Pid) -> Result<u64> {
    rollup(pid, "Rss:")
}

/// CPU time of this thread.
pub fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(now.tv_sec).unwrap_or(0), u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// The value that this share of the values stays under; `None` if there are none.
pub fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    values.get((share * last as f64).round() as usize).copied()
}

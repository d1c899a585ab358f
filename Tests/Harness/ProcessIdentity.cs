using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Mooring.Harness;

/// <summary>
/// One certain process: its id and when it was started, so that an id that was used again is never mistaken for it. Can be written
/// to a file and used by a later program.
/// </summary>
/// <param name="Pid">The process id.</param>
/// <param name="StartTicks">The start time in clock ticks since boot (field 22 of /proc/PID/stat).</param>
public sealed partial record ProcessIdentity(int Pid, long StartTicks)
{
    private const int SigKill = 9, SigTerm = 15, SigCont = 18, SigStop = 19;

    /// <summary>Whether it runs (or is stopped); a process that has ended and was not yet waited for does not.</summary>
    public bool IsAlive => Find(Pid) is { } now && now.Identity == this && (now.State is not ('Z' or 'X') || HasThreads);

    /// <summary>Whether it is stopped by SIGSTOP.</summary>
    public bool IsStopped => Find(Pid) is { State: 'T' } now && now.Identity == this;

    /// <summary>The process with this id now.</summary>
    /// <param name="pid">The id.</param>
    /// <returns>The process, or null when there is none.</returns>
    public static ProcessIdentity? Of(int pid) => Find(pid)?.Identity;

    /// <summary>This process.</summary>
    /// <returns>It.</returns>
    public static ProcessIdentity Own() => Of(Environment.ProcessId)!;

    /// <summary>The name of the process with this id now, cut to 15 characters.</summary>
    /// <param name="pid">The id.</param>
    /// <returns>The name, or null when there is none.</returns>
    public static string? NameOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").TrimEnd('\n');
        }
        catch (IOException)
        {
            // No such process.
            return null;
        }
    }

    /// <summary>Ends it at once (SIGKILL) and waits until it is gone.</summary>
    /// <returns>Completes when it is gone.</returns>
    public async Task KillAsync()
    {
        Send(SigKill);
        await UntilGoneAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
    }

    /// <summary>Asks it to end (SIGTERM) and waits; ends it at once after the limit.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <returns>Whether it ended by itself.</returns>
    public async Task<bool> TerminateAsync(TimeSpan limit)
    {
        Send(SigCont);
        Send(SigTerm);
        try
        {
            await UntilGoneAsync(limit).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            await KillAsync().ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>Stops it where it is (SIGSTOP) and waits until it is stopped.</summary>
    /// <returns>Completes when it is stopped.</returns>
    public async Task StopAsync()
    {
        Send(SigStop);
        for (var clock = Stopwatch.StartNew(); IsAlive && !IsStopped; await Task.Delay(2).ConfigureAwait(false))
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(30))
                throw new TimeoutException($"process {Pid} does not stop");
        }
    }

    /// <summary>Lets it go on (SIGCONT).</summary>
    public void Continue() => Send(SigCont);

    /// <summary>Waits until it is gone; a process that was killed still lives for a moment after its files and locks were let go.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <returns>Completes when it is gone.</returns>
    /// <exception cref="TimeoutException">It is still there.</exception>
    public async Task UntilGoneAsync(TimeSpan limit)
    {
        for (var clock = Stopwatch.StartNew(); IsAlive; await Task.Delay(5).ConfigureAwait(false))
        {
            if (clock.Elapsed > limit)
                throw new TimeoutException($"process {Pid} does not end");
        }
    }

    /// <summary>The first thread ends before the others, which still hold files and locks.</summary>
    private bool HasThreads
    {
        get
        {
            try
            {
                return Directory.GetDirectories($"/proc/{Pid}/task").Length > 1;
            }
            catch (IOException)
            {
                // Gone in between.
                return false;
            }
        }
    }

    private void Send(int signal)
    {
        if (IsAlive)
            _ = Kill(Pid, signal);
    }

    private static (ProcessIdentity Identity, char State)? Find(int pid)
    {
        try
        {
            // The name, in brackets, may hold anything; fields count from behind it.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (new ProcessIdentity(pid, long.Parse(fields[19], null)), fields[0][0]);
        }
        catch (IOException)
        {
            // No such process.
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);
}

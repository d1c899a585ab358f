using System.Diagnostics;

namespace Mooring.Harness;

/// <summary>
/// A program that is started again when it asks for it, as a service manager does: it ends with <see cref="BeginsAnew"/>. Killed by a signal it
/// stays dead, and so it does with any other exit status.
/// </summary>
public sealed class KeptProgram
{
    /// <summary>The exit status that asks to be started again: EX_TEMPFAIL of sysexits.h.</summary>
    public const int BeginsAnew = 75;

    // A shell's way to say that a signal ended a program.
    private const int Signalled = 128;

    private static readonly TimeSpan _pauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _pauseMax = TimeSpan.FromSeconds(5);

    // Who ran this long was well: the next pause is the shortest again.
    private static readonly TimeSpan _well = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly Func<IReadOnlyDictionary<string, string>, Process> _start;
    private readonly Action _changed;
    private readonly Func<int, bool> _again;
    private TimeSpan _pause = _pauseMin;

    // Rises when it is launched or ended from outside: what was about to happen by itself happens no more.
    private int _life;

    /// <summary>A program that does not run yet.</summary>
    /// <param name="start">Starts it, with further environment variables.</param>
    /// <param name="changed">Told after each change of what is shown here.</param>
    /// <param name="again">Whether to start it again after an exit status; null: after <see cref="BeginsAnew"/>.</param>
    public KeptProgram(Func<IReadOnlyDictionary<string, string>, Process> start, Action changed, Func<int, bool>? again = null) =>
        (_start, _changed, _again) = (start, changed, again ?? (status => status == BeginsAnew));

    /// <summary>Its present or last process; null before the first.</summary>
    public ProcessIdentity? Process { get; private set; }

    /// <summary>How often it was started again because it asked for it.</summary>
    public int Restarts { get; private set; }

    /// <summary>How it ended, and stays ended; null while it runs or is about to.</summary>
    public string? Ended { get; private set; } = "was not started";

    /// <summary>Starts it when it has ended.</summary>
    /// <param name="environment">Further environment variables, for this start only.</param>
    /// <exception cref="HarnessException">It runs.</exception>
    public void Launch(IReadOnlyDictionary<string, string> environment)
    {
        lock (_lock)
        {
            if (Process is { IsAlive: true })
                throw new HarnessException("it runs already");
            _pause = _pauseMin;
            Start(environment, ++_life);
        }
        _changed();
    }

    /// <summary>Ends it at once (SIGKILL), for good.</summary>
    /// <returns>Completes when its process is gone.</returns>
    public Task KillAsync() => EndAsync(process => process.KillAsync());

    /// <summary>Asks it to end (SIGTERM) and waits; ends it at once after the limit.</summary>
    /// <param name="limit">How long it may take.</param>
    /// <returns>Completes when its process is gone.</returns>
    public Task TerminateAsync(TimeSpan limit) => EndAsync(process => process.TerminateAsync(limit));

    private async Task EndAsync(Func<ProcessIdentity, Task> end)
    {
        ProcessIdentity? process;
        lock (_lock)
        {
            _life++;
            Ended ??= "was ended";
            process = Process;
        }
        if (process is not null)
            await end(process).ConfigureAwait(false);
        _changed();
    }

    private void Start(IReadOnlyDictionary<string, string> environment, int life)
    {
        var process = _start(environment);
        Process = ProcessIdentity.Of(process.Id);
        Ended = null;
        if (Process is { } identity)
            Interruption.Ends(identity);
        _ = WatchAsync(process, life);
    }

    private async Task WatchAsync(Process process, int life)
    {
        var clock = Stopwatch.StartNew();
        using (process)
        {
            await process.WaitForExitAsync().ConfigureAwait(false);
            if (!_again(process.ExitCode))
            {
                Change(life, () => Ended = process.ExitCode > Signalled ? $"was killed by signal {process.ExitCode - Signalled}" : $"ended with exit status {process.ExitCode}");
                return;
            }
        }
        _pause = clock.Elapsed > _well ? _pauseMin : _pause;
        await Task.Delay(_pause).ConfigureAwait(false);
        _pause = _pause * 2 < _pauseMax ? _pause * 2 : _pauseMax;
        Change(life, () =>
        {
            try
            {
                Restarts++;
                Start(new Dictionary<string, string>(), life);
            }
            catch (HarnessException e)
            {
                Ended = e.Message;
            }
        });
    }

    private void Change(int life, Action change)
    {
        lock (_lock)
        {
            if (life != _life)
                return;
            change();
        }
        _changed();
    }
}

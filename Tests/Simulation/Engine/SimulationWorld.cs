using System.Runtime.CompilerServices;
using System.Text;

namespace Akka.Simulation;

/// <summary>
/// Everything that happens in a simulation, on one thread, in virtual time, from one seed: one queue ordered by time, with chance taken
/// from the seed. Actor systems run in <see cref="SimulatedProcess"/>es; their assemblies must be rewritten copies (README.md). What still
/// goes to the thread pool runs between two steps (<see cref="PoolGate"/>). A process of the operating system runs one world at a time, see
/// <see cref="Determinism"/>.
/// </summary>
public sealed class SimulationWorld : IDisposable
{
    /// <summary>The time of day at which every world begins.</summary>
    public static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Far more than a run needs: steps at one moment beyond this are a circle.
    private const int StepsWithoutTimeMax = 1_000_000;

    private readonly PriorityQueue<Work, (long Time, long Order)> _queue = new();
    private readonly List<SimulatedProcess> _processes = [];
    private readonly PoolGate _gate;
    private long _order;
    private ulong _hash = 14695981039346656037;
    private int _stepsWithoutTime;

    /// <summary>Begins a world.</summary>
    /// <param name="seed">Where all chance comes from.</param>
    public SimulationWorld(long seed)
    {
        if (Current is not null)
            throw new InvalidOperationException("one world at a time");
        if (!Determinism.IsRewritten)
            throw new InvalidOperationException("Akka.NET's assemblies here are not the rewritten copies");
        Seed = seed;
        Chance = Stream("world");
        Network = new SimulatedNetwork(this);
        Current = this;
        _gate = PoolGate.Enter();
        Scheduler = new WorldScheduler(this);
        StaticState.Reset();
        SimulatedRuntime.Use(new WorldRuntime(this));
    }

    /// <summary>The seed.</summary>
    public long Seed { get; }

    /// <summary>The time since the beginning.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>The chance of the queue: how long work takes, and thereby what comes first.</summary>
    public Random Chance { get; }

    /// <summary>The network of all processes.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>How many pieces of work were done.</summary>
    public long StepCount { get; private set; }

    /// <summary>A number over all that happened, in order.</summary>
    public ulong TraceHash => _hash;

    /// <summary>Called with each line of the trace; null keeps only <see cref="TraceHash"/>.</summary>
    public Action<string>? TraceTo { get; set; }

    /// <summary>Called after every step.</summary>
    public Action? AfterStep { get; set; }

    /// <summary>How often something was handed to the thread pool: a call that the rewriter does not know.</summary>
    public long PoolWorkCount { get; private set; }

    internal static SimulationWorld? Current { get; private set; }

    internal WorldScheduler Scheduler { get; }

    /// <summary>Whose work is under way.</summary>
    internal SimulatedProcess? Running { get; private set; }

    /// <summary>Chance of its own for one purpose, so that more use of it elsewhere does not change it here.</summary>
    /// <param name="purpose">Its name.</param>
    /// <returns>Chance from the seed and the name.</returns>
    public Random Stream(string purpose)
    {
        var mixed = Mix((ulong)Seed);
        foreach (var c in purpose)
            mixed = Mix(mixed ^ c);
        return new Random((int)(mixed & int.MaxValue));
    }

    /// <summary>Starts a process on a host.</summary>
    /// <param name="name">Its name in the trace.</param>
    /// <param name="host">The host's address; comes up with it.</param>
    /// <returns>The process.</returns>
    public SimulatedProcess StartProcess(string name, string host)
    {
        var process = new SimulatedProcess(this, _processes.Count, name, host);
        _processes.Add(process);
        Network.HostIsUp(host);
        Trace($"{name} starts on {host}");
        return process;
    }

    /// <summary>Has something done later.</summary>
    /// <param name="process">The process that does it; null for what is outside of all of them.</param>
    /// <param name="delay">In how much time.</param>
    /// <param name="what">Its name in the trace.</param>
    /// <param name="action">What.</param>
    /// <param name="cancelled">Asked when the time has come; null: it is done in any case.</param>
    public void Schedule(SimulatedProcess? process, TimeSpan delay, string what, Action action, Func<bool>? cancelled = null)
    {
        ArgumentNullException.ThrowIfNull(action);
        Add(new Work(process, what, action) { Cancelled = cancelled }, Now + delay);
    }

    /// <summary>Completes later, outside of all processes.</summary>
    /// <param name="delay">In how much time.</param>
    /// <returns>Completes then; what follows runs as part of the world.</returns>
    public Task Delay(TimeSpan delay)
    {
        var done = new TaskCompletionSource();
        Schedule(null, delay, "delay", done.SetResult);
        return done.Task;
    }

    /// <summary>Does the next piece of work.</summary>
    /// <returns>False when there is none.</returns>
    public bool Step()
    {
        if (!_queue.TryDequeue(out var work, out var when))
            return false;
        var time = new TimeSpan(when.Time);
        _stepsWithoutTime = time > Now ? 0 : _stepsWithoutTime + 1;
        if (_stepsWithoutTime > StepsWithoutTimeMax)
            throw new InvalidOperationException($"the world stands still at {Now}: {work}");
        Now = time;
        if (work.Process is { } process)
        {
            if (process.IsDead)
                return true;
            if (process.IsPaused)
            {
                process.Hold(work);
                return true;
            }
        }
        if (work.IsCancelled)
            return true;
        StepCount++;
        Note(work);
        Do(work);
        DrainPool();
        AfterStep?.Invoke();
        return true;
    }

    /// <summary>Does what there is to do until a time, or until a condition holds.</summary>
    /// <param name="until">The time.</param>
    /// <param name="done">Ends it earlier.</param>
    public void Run(TimeSpan until, Func<bool>? done = null) => Scheduler.Run(() =>
    {
        while (done?.Invoke() != true && _queue.TryPeek(out _, out var next) && next.Time <= until.Ticks)
            Step();
        if (done?.Invoke() != true && Now < until)
            Now = until;
    });

    /// <summary>Adds a line to the trace.</summary>
    /// <param name="line">The line.</param>
    public void Trace(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        foreach (var c in line)
            _hash = (_hash ^ c) * 1099511628211;
        TraceTo?.Invoke(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Now.TotalSeconds,12:0.0000000} {line}"));
    }

    /// <summary>Ends the world: nothing of it happens any more.</summary>
    public void Dispose()
    {
        foreach (var process in _processes)
            process.Forget();
        _queue.Clear();
        _gate.Drain();
        SimulatedRuntime.Use(null);
        Current = null;
    }

    internal SimulatedProcess Process(int id) => _processes[id];

    /// <summary>Work that is begun as soon as a processor is free: soon, in an order that chance decides.</summary>
    internal void AddSoon(SimulatedProcess? process, object what, Action action) =>
        Add(new Work(process, what, action), Now + new TimeSpan(Chance.Next(10, 200)));

    internal void Add(Work work, TimeSpan when)
    {
        if (work.Process is { IsDead: true })
            return;
        _queue.Enqueue(work, (Math.Max(when.Ticks, Now.Ticks), _order++));
    }

    /// <summary>Goes on with the world until a task is done, for code that blocks until then.</summary>
    internal void WorkUntil(Task task)
    {
        var waiting = Running;
        DrainPool();
        while (!task.IsCompleted || waiting is { IsPaused: true, IsDead: false })
        {
            if (!Step())
                throw new InvalidOperationException("the world has ended before what is waited for was done");
            if (waiting is { IsDead: true })
                throw new ProcessCrashedException();
        }
    }

    private void Do(Work work)
    {
        var outer = Running;
        Running = work.Process;
        try
        {
            work.Action();
        }
        catch (ProcessCrashedException)
        {
            // Nothing more of that process happens.
        }
        finally
        {
            Running = outer;
        }
    }

    private void DrainPool()
    {
        if (_gate.Drain())
            PoolWorkCount++;
    }

    private void Note(Work work)
    {
        _hash = Mix(_hash ^ (ulong)Now.Ticks);
        _hash = Mix(_hash ^ (ulong)(work.Process?.Id ?? -1));
        if (TraceTo is null)
            return;
        var line = new StringBuilder().Append(work.Process?.Name ?? "world").Append(": ").Append(work).ToString();
        TraceTo.Invoke(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Now.TotalSeconds,12:0.0000000} {line}"));
    }

    // The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}

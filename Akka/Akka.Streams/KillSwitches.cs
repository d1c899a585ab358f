using Akka.Streams.Implementation;

namespace Akka.Streams;

/// <summary>Ends streams from outside.</summary>
public interface IKillSwitch
{
    /// <summary>Ends the stream where the switch is: what is above is cancelled, what is below completes when it has handled what it has.</summary>
    void Shutdown();

    /// <summary>Fails the stream.</summary>
    void Abort(Exception cause);
}

/// <summary>Makes kill switches.</summary>
public static class KillSwitches
{
    /// <summary>A place in a stream that passes everything on until its switch is used; each run of the stream gets a switch of its own.</summary>
    public static IGraph<FlowShape<T, T>, UniqueKillSwitch> Single<T>() => new KillSwitchFlow<T>();
}

/// <summary>Ends the one stream that it was made for. Only its first use counts; any thread may use it.</summary>
public sealed class UniqueKillSwitch : IKillSwitch
{
    private readonly Action _shutdown;
    private readonly Action<Exception> _abort;
    private int _used;

    internal UniqueKillSwitch(Action shutdown, Action<Exception> abort) => (_shutdown, _abort) = (shutdown, abort);

    /// <inheritdoc />
    public void Shutdown()
    {
        if (Interlocked.Exchange(ref _used, 1) == 0)
            _shutdown();
    }

    /// <inheritdoc />
    public void Abort(Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        if (Interlocked.Exchange(ref _used, 1) == 0)
            _abort(cause);
    }

    /// <inheritdoc />
    public override string ToString() => "SingleKillSwitch";
}

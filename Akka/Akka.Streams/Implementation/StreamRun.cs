using Akka.Actor;
using Akka.Event;

namespace Akka.Streams.Implementation;

/// <summary>
/// One run of a stream, from blueprint to end. Its parts are made by whoever runs it and from then on used by its actor alone: everything
/// that comes from elsewhere (tasks, timers, kill switches) is handed to that actor with <see cref="Post"/>.
/// </summary>
internal sealed class StreamRun(ExtendedActorSystem system, int turn)
{
    private static readonly Call Go = new(() => { });

    private readonly Lock _lock = new();
    private readonly List<Call> _early = [];
    private IActorRef? _actor;
    private int _left;
    private bool _goesOn;

    public ExtendedActorSystem System => system;

    /// <summary>The part at the end, which pulls.</summary>
    public IStreamEnd End { get; set; } = null!;

    public bool IsDone { get; private set; }

    /// <summary>The actor; only for what is called by it.</summary>
    public IActorRef Actor => _actor!;

    /// <summary>From any thread: the actor calls the action, then the stream goes on. When the stream has ended nothing happens.</summary>
    public void Post(Action action) => Send(new Call(action));

    /// <summary>From any thread: fails the stream.</summary>
    public void PostFailure(Exception cause) => Post(() => Finish(cause));

    /// <summary>From any thread: lets the stream look for elements again.</summary>
    public void Wake() => Send(Go);

    /// <summary>Calls back when the task has ended, well or badly.</summary>
    public void PostWhenDone(Task task, Action action) => task.ContinueWith(
        static (_, state) =>
        {
            var (run, action) = ((StreamRun, Action))state!;
            run.Post(action);
        },
        (this, action),
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    /// <summary>
    /// What makes elements asks first. False: the stream has had its turn, it goes on when other actors have had theirs.
    /// </summary>
    public bool MayGoOn()
    {
        if (_left > 0)
        {
            _left--;
            return true;
        }
        _goesOn = true;
        return false;
    }

    /// <summary>The actor has started. What was posted before comes first: a stream that is ended before it begins reads nothing.</summary>
    public void Start(IActorRef actor)
    {
        lock (_lock)
        {
            _actor = actor;
        }
        foreach (var call in _early)
            Advance(call);
        _early.Clear();
        Advance(Go);
    }

    /// <summary>A message of the actor.</summary>
    public void Advance(Call call)
    {
        if (IsDone)
            return;
        (_left, _goesOn) = (turn, false);
        try
        {
            call.Action();
            if (!IsDone && End.Advance())
                IsDone = true;
        }
        catch (Exception e)
        {
            Finish(e);
        }
        if (_goesOn && !IsDone)
            Wake();
    }

    /// <summary>Ends the stream with a failure, unless it has ended.</summary>
    public void Finish(Exception cause)
    {
        if (IsDone)
            return;
        IsDone = true;
        try
        {
            End.Cancel();
        }
        catch (Exception e)
        {
            // The first failure is the one to report; this one would otherwise be lost.
            system.Log.Warning(e, "A stream that failed ({0}) could not give free what it held", cause.Message);
        }
        End.Fail(cause);
    }

    private void Send(Call call)
    {
        lock (_lock)
        {
            if (_actor is null)
            {
                _early.Add(call);
                return;
            }
        }
        _actor.Tell(call, ActorRefs.NoSender);
    }

    /// <summary>A message to the actor of a stream.</summary>
    internal sealed record Call(Action Action) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

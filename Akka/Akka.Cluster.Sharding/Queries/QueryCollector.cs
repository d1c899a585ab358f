using Akka.Actor;

namespace Akka.Cluster.Sharding;

/// <summary>Asks some actors the same question and, when all have answered or the time is up, sends one answer made from theirs.</summary>
internal sealed class QueryCollector : UntypedActor, IWithTimers
{
    private readonly HashSet<IActorRef> _waitingFor;
    private readonly Dictionary<IActorRef, object> _answers = [];
    private readonly object _question;
    private readonly TimeSpan _timeout;
    private readonly Func<IReadOnlyDictionary<IActorRef, object>, object> _answer;
    private readonly IActorRef _replyTo;

    public QueryCollector(
        IEnumerable<IActorRef> targets, object question, TimeSpan timeout,
        Func<IReadOnlyDictionary<IActorRef, object>, object> answer, IActorRef replyTo)
    {
        _waitingFor = [.. targets];
        _question = question;
        _timeout = timeout;
        _answer = answer;
        _replyTo = replyTo;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    internal static Props Props(
        IReadOnlyCollection<IActorRef> targets, object question, TimeSpan timeout,
        Func<IReadOnlyDictionary<IActorRef, object>, object> answer, IActorRef replyTo) =>
        Actor.Props.Create(() => new QueryCollector(targets, question, timeout, answer, replyTo));

    protected override void PreStart()
    {
        Timers.StartSingleTimer("limit", TimedOut.Instance, _timeout);
        foreach (var target in _waitingFor)
            target.Tell(_question);
        FinishWhenComplete();
    }

    protected override void OnReceive(object message)
    {
        if (message is TimedOut)
        {
            Finish();
            return;
        }

        if (!_waitingFor.Remove(Sender)) return;
        _answers[Sender] = message;
        FinishWhenComplete();
    }

    private void FinishWhenComplete()
    {
        if (_waitingFor.Count == 0) Finish();
    }

    private void Finish()
    {
        _replyTo.Tell(_answer(_answers), Context.Parent);
        Context.Stop(Self);
    }

    private sealed class TimedOut
    {
        internal static readonly TimedOut Instance = new();
    }
}

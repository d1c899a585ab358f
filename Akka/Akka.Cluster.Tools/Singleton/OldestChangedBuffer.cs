using Akka.Actor;

namespace Akka.Cluster.Tools.Singleton;

/// <summary>Orders members for being the singleton's host: the first in this order is.</summary>
internal static class SingletonOrder
{
    public static IComparer<Member> By(bool considerAppVersion) => considerAppVersion ? ByVersionThenAge : Member.AgeOrdering;

    private static readonly IComparer<Member> ByVersionThenAge = Comparer<Member>.Create(static (a, b) =>
    {
        if (a.Equals(b)) return 0;
        var byVersion = b.AppVersion.CompareTo(a.AppVersion);
        return byVersion != 0 ? byVersion : Member.AgeOrdering.Compare(a, b);
    });
}

/// <summary>
/// Watches who is the oldest member with the role and hands the changes to the manager one at a time, when it asks for the next: so
/// the manager meets each change in a state that can deal with it.
/// </summary>
internal sealed class OldestChangedBuffer : ActorBase
{
    private readonly Cluster _cluster;
    private readonly string? _role;
    private readonly SortedSet<Member> _members;
    private readonly Queue<object> _changes = new();
    private bool _wanted;

    public OldestChangedBuffer(string? role, bool considerAppVersion)
    {
        _cluster = Cluster.Get(Context.System);
        _role = role;
        _members = new SortedSet<Member>(SingletonOrder.By(considerAppVersion));
        var (cluster, self) = (_cluster, Self);
        var shutdown = CoordinatedShutdown.Get(Context.System);
        shutdown.AddTask(CoordinatedShutdown.PhaseClusterExiting, "singleton-exiting-1", () =>
            cluster.IsTerminated || cluster.SelfMember.Status is MemberStatus.Down or MemberStatus.Removed
                ? Task.FromResult(Done.Instance)
                : self.Ask<Done>(SelfExiting.Instance, shutdown.Timeout(CoordinatedShutdown.PhaseClusterExiting)));
    }

    protected override void PreStart() => _cluster.Subscribe(Self, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case GetNext:
                _wanted = true;
                break;
            case ClusterEvent.CurrentClusterState state:
                Begin(state);
                break;
            case ClusterEvent.MemberUp up:
                Track(() => Add(up.Member));
                break;
            case ClusterEvent.MemberRemoved removed:
                Track(() => Remove(removed.Member));
                break;
            // The next one prepares to take over while this member exits; this node itself hands over before it counts as gone.
            case ClusterEvent.MemberExited exited when exited.Member.UniqueAddress != _cluster.SelfUniqueAddress:
                Track(() => Remove(exited.Member));
                break;
            case SelfExiting:
                Track(() => Remove(_cluster.SelfMember));
                Sender.Tell(Done.Instance);
                break;
            case ClusterEvent.IMemberEvent:
                return true;
            default:
                return false;
        }
        Deliver();
        return true;
    }

    private void Begin(ClusterEvent.CurrentClusterState state)
    {
        _members.Clear();
        foreach (var member in state.Members)
            if (member.UpNumber != int.MaxValue && Matches(member))
                _members.Add(member);
        var self = state.Members.FirstOrDefault(m => m.UniqueAddress == _cluster.SelfUniqueAddress);
        var upToSelf = _members.TakeWhile(m => self is null || m.Equals(self) || _members.Comparer.Compare(m, self) < 0).ToList();
        // An older member that is on its way out may still run the singleton.
        var safe = !upToSelf.Exists(m => m.Status is MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Leaving);
        _changes.Enqueue(new InitialOldestState(upToSelf.Select(m => m.UniqueAddress).ToList(), safe));
    }

    private void Track(Action change)
    {
        var before = _members.Min;
        change();
        var after = _members.Min;
        if (!Equals(before, after)) _changes.Enqueue(new OldestChanged(after?.UniqueAddress));
    }

    private void Add(Member member)
    {
        if (!Matches(member)) return;
        Remove(member);
        _members.Add(member);
    }

    // By identity: the order may have been another when the member was added.
    private void Remove(Member member) => _members.RemoveWhere(m => m.Equals(member));

    private bool Matches(Member member) => _role is null || member.HasRole(_role);

    private void Deliver()
    {
        if (!_wanted || !_changes.TryDequeue(out var change)) return;
        _wanted = false;
        Context.Parent.Tell(change);
    }

    internal sealed class GetNext
    {
        public static readonly GetNext Instance = new();
    }

    /// <summary>The members up to this one, oldest first, and whether none of them is on its way out.</summary>
    internal sealed record InitialOldestState(List<UniqueAddress> Oldest, bool SafeToBeOldest) : INoSerializationVerificationNeeded;

    internal sealed record OldestChanged(UniqueAddress? Oldest) : INoSerializationVerificationNeeded;
}

using Akka.Actor;
using Akka.Cluster;
using Mooring.Actors.Vip;

namespace Mooring.Actors.Nodes;

/// <summary>
/// Asks the parts of its own node whether they are still there: Mooring's, those of Akka.NET on which it relies, and the singletons while this
/// node is the oldest, those of every sharded type in the system among them. A part that stays away is told to the dispatcher: a node without it would be a member that is good for nothing. (A manager
/// of a singleton that has handed over to a node of a cluster that came apart never starts it again: docs/akka-net.md.)
/// </summary>
public sealed class OwnPartsActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher.</summary>
    public const string Name = "parts";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private static readonly string[] Always =
    [
        "/system/cluster/core/daemon/downingProvider",
        "/system/cluster/core/daemon/heartbeatSender",
        "/system/sharding/volume",
        "/system/sharding/name-node",
        "/user/" + Files.DataNodeActor.Name,
        "/user/" + VipOwnerActor.Name,
        $"/user/{VipOwnerActor.Name}-proxy",
    ];

    private const string Coordinators = "/system/sharding/*Coordinator";

    private readonly TimeSpan _missingMax;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly Dictionary<string, TimeSpan> _seenAt = [];

    // The managers that have answered once.
    private readonly HashSet<string> _onTheOldest = [$"/user/{VipOwnerActor.Name}/singleton"];
    private bool _told;

    /// <summary>Makes the actor.</summary>
    /// <param name="missingMax">How long a part may be away.</param>
    public OwnPartsActor(TimeSpan missingMax)
    {
        _missingMax = missingMax;
        Receive<Look>(_ => OnLook());
        Receive<ActorIdentity>(identity =>
        {
            if (identity.Subject is { } part && (string)identity.MessageId == Coordinators)
                _onTheOldest.Add(part.Path.ToStringWithoutAddress() + "/singleton");
            else if (identity.Subject is not null)
                _seenAt[(string)identity.MessageId] = Now;
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => Context.System.Scheduler.MonotonicClock;

    /// <summary>How to make one.</summary>
    /// <param name="missingMax">How long a part may be away.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(TimeSpan missingMax) => Akka.Actor.Props.Create(() => new OwnPartsActor(missingMax));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Look.Instance, Look.Instance, Period);

    private void OnLook()
    {
        var self = _cluster.SelfMember;
        if (self.Status != MemberStatus.Up)
        {
            _seenAt.Clear();
            return;
        }
        // A partition makes nobody's parts go away: while members are unreachable their verdict comes first.
        var isOldest = _cluster.State.Unreachable.IsEmpty && !_cluster.State.Members.Any(m => m.UniqueAddress != self.UniqueAddress && m.IsOlderThan(self));
        foreach (var path in _onTheOldest.Where(_ => !isOldest))
            _seenAt.Remove(path);
        Context.ActorSelection(Coordinators).Tell(new Identify(Coordinators));
        foreach (var path in isOldest ? Always.Concat(_onTheOldest) : Always)
        {
            var seenAt = _seenAt.TryGetValue(path, out var at) ? at : _seenAt[path] = Now;
            if (!_told && Now - seenAt > _missingMax)
            {
                _told = true;
                Context.Parent.Tell(new PartMissing(path));
            }
            Context.ActorSelection(path).Tell(new Identify(path));
        }
    }

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static Look Instance { get; } = new();
    }
}

/// <summary>A part of this node has been away for too long.</summary>
/// <param name="Path">The part.</param>
internal sealed record PartMissing(string Path) : INoSerializationVerificationNeeded;

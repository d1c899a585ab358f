using Akka.Actor;
using Akka.Cluster;
using Akka.Dispatch.SysMsg;
using Akka.Remote;

namespace Mooring.Actors.Membership;

/// <summary>
/// Watches anew, now and then, what this node watches on other members. Remoting drops a watch that waits for a connection when that comes up to a new
/// incarnation (docs/akka-net.md): who watches is never told that what it watches has ended with the earlier one. To be watched twice is to be watched once.
/// </summary>
internal sealed class WatchAgainActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher.</summary>
    public const string Name = "watches";

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private const string RemoteWatcherPath = "/system/remote-watcher";

    private readonly Cluster _cluster = Cluster.Get(Context.System);

    public WatchAgainActor()
    {
        Receive<Look>(_ => Context.ActorSelection(RemoteWatcherPath).Tell(RemoteWatcher.Stats.Empty));
        Receive<RemoteWatcher.Stats>(OnWatched);
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <returns>The recipe.</returns>
    public static Props Props() => Akka.Actor.Props.Create(() => new WatchAgainActor());

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer(Look.Instance, Look.Instance, Period);

    private void OnWatched(RemoteWatcher.Stats watched)
    {
        var watcher = (IInternalActorRef)Sender;
        var reachable = _cluster.State.Members.Except(_cluster.State.Unreachable).Select(m => m.Address).ToHashSet();
        foreach (var watchee in watched.WatchingRefs.Select(w => w.Item1).Distinct().Where(w => reachable.Contains(w.Path.Address)))
            ((IInternalActorRef)watchee).SendSystemMessage(new Watch((IInternalActorRef)watchee, watcher));
    }

    private sealed record Look : INoSerializationVerificationNeeded
    {
        public static Look Instance { get; } = new();
    }
}

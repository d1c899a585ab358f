using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Petabridge.Cmd.Host;

namespace Petabridge.Cmd.Cluster;

/// <summary>Carries out the palette <c>cluster</c> on this node.</summary>
internal sealed class ClusterCommandHandlerActor : CommandHandlerActor
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);

    public ClusterCommandHandlerActor()
        : base(ClusterCommands.Instance.Palette)
    {
        Process(ClusterCommands.ShowName, Show);
        Process(ClusterCommands.StatusName, _ => Say(Line(_cluster.SelfMember)));
        Process(ClusterCommands.LeaderName, ShowLeader);
        Process(ClusterCommands.JoinName, Join);
        Process(ClusterCommands.LeaveName, Leave);
        Process(ClusterCommands.DownName, Down);
        Process(ClusterCommands.TailName, _ => Tail(Sender));
    }

    private static void Tail(IActorRef console) => Context.ActorOf(Props.Create(() => new ClusterTail(console)));

    private void Show(Command command)
    {
        var role = command.ArgumentValues(ClusterCommands.Role).FirstOrDefault();
        var members = _cluster.State.Members.Where(m => role is null || m.HasRole(role)).ToList();
        Say(string.Join('\n', members.Select(Line).Append($"Count: {members.Count} {(members.Count == 1 ? "node" : "nodes")}")));
    }

    private void ShowLeader(Command command)
    {
        var role = command.ArgumentValues(ClusterCommands.Role).FirstOrDefault();
        if ((role is null ? _cluster.State.Leader : _cluster.State.RoleLeader(role)) is { } leader)
            Say(leader.ToString());
        else
            Fail(role is null ? "not-found: the cluster has no leader now" : $"not-found: there is no leader of role {role}");
    }

    private void Join(Command command)
    {
        if (!TryAddress(command, out var address))
            return;
        if (_cluster.SelfMember.Status != MemberStatus.Removed)
        {
            Fail($"already-exists: this node is a member of a cluster already ({Name(_cluster.SelfMember.Status)})");
            return;
        }
        _cluster.Join(address);
        Say($"{_cluster.SelfAddress} joins through {address}");
    }

    private void Leave(Command command)
    {
        if (!command.ArgumentValues(ClusterCommands.Address).Any())
        {
            _cluster.Leave(_cluster.SelfAddress);
            Say($"{_cluster.SelfAddress} leaves");
            return;
        }
        if (!TryMember(command, out var address))
            return;
        _cluster.Leave(address);
        Say($"{address} leaves");
    }

    private void Down(Command command)
    {
        if (!TryMember(command, out var address))
            return;
        _cluster.Down(address);
        Say($"{address} is declared dead");
    }

    private bool TryMember(Command command, out Address address)
    {
        if (!TryAddress(command, out address))
            return false;
        var wanted = address;
        if (_cluster.State.Members.Any(m => m.Address == wanted))
            return true;
        Fail($"not-found: {address} is no member");
        return false;
    }

    private bool TryAddress(Command command, out Address address)
    {
        var text = command.ArgumentValues(ClusterCommands.Address).Single();
        try
        {
            address = Akka.Actor.Address.Parse(text);
            if (address.HasGlobalScope)
                return true;
        }
        catch (UriFormatException)
        {
            address = Akka.Actor.Address.AllSystems;
        }
        Fail($"invalid-argument: '{text}' is not an address such as {_cluster.SelfAddress}");
        return false;
    }

    private string Line(Member member)
    {
        var reachable = _cluster.State.Unreachable.Any(m => m.UniqueAddress == member.UniqueAddress) ? "unreachable" : "reachable";
        return $"{member.Address} | [{string.Join(',', member.Roles.Order(StringComparer.Ordinal))}] | {Name(member.Status)} | {reachable} | {member.AppVersion}";
    }

    private static string Name(MemberStatus status) => status.ToString().ToLowerInvariant();

    private static void Say(string text) => Context.Sender.Tell(new CommandResponse(text));

    private static void Fail(string text) => Context.Sender.Tell(new ErroredCommandResponse(text));

    /// <summary>Sends every event of the cluster to one console until that goes away.</summary>
    private sealed class ClusterTail : ReceiveActor
    {
        private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
        private readonly IActorRef _console;

        public ClusterTail(IActorRef console)
        {
            _console = console;
            Receive<ClusterEvent.IClusterDomainEvent>(e => _console.Tell(new CommandResponse(Text(e), final: false)));
            Receive<Terminated>(_ => Context.Stop(Self));
        }

        protected override void PreStart()
        {
            Context.Watch(_console);
            _cluster.Subscribe(
                Self,
                ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
                typeof(ClusterEvent.IMemberEvent),
                typeof(ClusterEvent.IReachabilityEvent),
                typeof(ClusterEvent.LeaderChanged));
        }

        protected override void PostStop() => _cluster.Unsubscribe(Self);

        private string Text(ClusterEvent.IClusterDomainEvent e)
        {
            var what = e switch
            {
                ClusterEvent.IMemberEvent member => $"{member.Member.Address} | {e.GetType().Name}",
                ClusterEvent.ReachabilityEvent reachability => $"{reachability.Member.Address} | {e.GetType().Name}",
                ClusterEvent.LeaderChanged { Leader: { } leader } => $"{leader} | LeaderChanged",
                ClusterEvent.LeaderChanged => "nobody | LeaderChanged",
                _ => e.ToString(),
            };
            return $"[{Context.System.Scheduler.Now.UtcDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)}] {what}";
        }
    }
}

using System.Globalization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Akka.Simulation;
using Mooring.Tests.Simulation.Checks;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Clients;

/// <summary>
/// Numbered messages of one node to entities that do nothing but look at the numbers, and go to sleep now and then. They run beside Mooring
/// in its cluster, moved by the same failovers.
/// </summary>
public sealed class NumberedTraffic
{
    private const string TypeName = "numbered";
    private const int EntityCount = 4;
    private const int ShardCount = 4;
    private const int BurstMax = 4;

    private readonly SimulationRun _run;
    private readonly SimulatedProcess _process;
    private readonly ActorSystem _system;
    private readonly string _sender;
    private readonly Random _chance;
    private readonly IActorRef _region;
    private readonly long[] _numbers = new long[EntityCount];

    private NumberedTraffic(SimulationRun run, SimulatedProcess process, ActorSystem system, string sender, Random chance)
    {
        (_run, _process, _system, _sender, _chance) = (run, process, system, sender, chance);
        var self = Cluster.Get(system).SelfUniqueAddress;
        system.ActorOf(Props.Create(() => new Witness(run.OrderCheck)), "witness");
        _region = ClusterSharding.Get(system).Start(
            TypeName,
            // By their type: entities go to sleep and wake often, and an expression is compiled each time.
            entity => Props.Create(typeof(Entity), self, entity, run.OrderCheck, chance),
            ClusterShardingSettings.Create(system),
            HashCodeMessageExtractor.Create(ShardCount, message => ((string)message).Split(' ')[0]));
    }

    /// <summary>What regions address each other's coordinators by.</summary>
    public static IReadOnlyList<string> CoordinatorPaths { get; } = [$"/system/sharding/{TypeName}Coordinator", $"/system/sharding/{TypeName}Coordinator/singleton/coordinator"];

    /// <summary>Begins in a node's system and goes on until that has ended or the run wants no more of it.</summary>
    /// <returns>The traffic.</returns>
    public static NumberedTraffic Start(SimulationRun run, SimulatedProcess process, ActorSystem system, string sender, Random chance)
    {
        var traffic = new NumberedTraffic(run, process, system, sender, chance);
        traffic.SendLater();
        return traffic;
    }

    /// <summary>One message to every entity, now that all is healed.</summary>
    public void SendLast()
    {
        for (var entity = 0; entity < EntityCount; entity++)
        {
            Send(entity);
            _run.OrderCheck.SentLast(Name(entity), _sender, _numbers[entity]);
        }
    }

    private static string Name(int entity) => $"entity-{entity}";

    private void SendLater() => _process.World.Schedule(
        _process, TimeSpan.FromMilliseconds(_chance.Next(20, 400)), "numbered messages", SendSome, () => _run.TrafficIsOver || _system.WhenTerminated.IsCompleted);

    private void SendSome()
    {
        var entity = _chance.Next(EntityCount);
        for (var count = _chance.Next(1, BurstMax + 1); count > 0; count--)
            Send(entity);
        SendLater();
    }

    private void Send(int entity)
    {
        var message = string.Create(CultureInfo.InvariantCulture, $"{Name(entity)} {_sender} {++_numbers[entity]}");
        _run.World.Trace($"{_sender} sends {message}");
        _run.OrderCheck.Sent(Name(entity), _sender, _numbers[entity]);
        if (_run.Options.Mutation == Mutation.OrderLost)
            _process.World.Schedule(_process, TimeSpan.FromMilliseconds(_chance.Next(20)), "sends out of turn", () => _region.Tell(message, ActorRefs.NoSender));
        else
            _region.Tell(message, ActorRefs.NoSender);
    }

    private sealed class Entity : ReceiveActor
    {
        // How far this incarnation is with each sender.
        private readonly Dictionary<string, long> _got = [];

        public Entity(UniqueAddress node, string name, OrderCheck check, Random chance) => Receive<string>(message =>
        {
            var parts = message.Split(' ');
            var (sender, number) = (parts[1], long.Parse(parts[2], CultureInfo.InvariantCulture));
            check.Received(node, name, sender, number, _got.GetValueOrDefault(sender));
            _got[sender] = number;
            if (chance.Next(12) == 0)
                Context.Parent.Tell(new Passivate(PoisonPill.Instance));
        });
    }

    // Tells which members its node takes for gone.
    private sealed class Witness : ReceiveActor
    {
        public Witness(OrderCheck check)
        {
            Receive<ClusterEvent.MemberDowned>(downed => check.GivenUp.Add(downed.Member.UniqueAddress));
            Receive<ClusterEvent.MemberRemoved>(removed => check.GivenUp.Add(removed.Member.UniqueAddress));
        }

        protected override void PreStart() => Cluster.Get(Context.System).Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberDowned), typeof(ClusterEvent.MemberRemoved));
    }
}

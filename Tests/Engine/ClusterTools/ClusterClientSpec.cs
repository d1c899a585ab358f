using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using Akka.Event;
using Mooring.Tests.Engine.ActorSpecs;
using Mooring.Tests.Engine.ClusterSpecs;

namespace Mooring.Tests.Engine.ClusterToolsSpecs;

/// <summary>A client in a system that is no member, over loopback TCP.</summary>
[Collection(nameof(ClusterCollection))]
public sealed class ClusterClientSpec : IAsyncLifetime
{
    private const string NodeSettings = """
        akka.cluster.pub-sub.gossip-interval = 50ms
        akka.cluster.client.receptionist { heartbeat-interval = 100ms, failure-detection-interval = 100ms, acceptable-heartbeat-pause = 1h }
        """;

    private const string ClientSettings = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          log-dead-letters = off
          actor.provider = remote
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
          remote {
            dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            retry-gate-closed-for = 100ms
            log-remote-lifecycle-events = off
          }
          cluster.client {
            establishing-get-contacts-interval = 100ms
            refresh-contacts-interval = 200ms
            heartbeat-interval = 100ms
            acceptable-heartbeat-pause = 1h
          }
        }
        """;

    private readonly List<ClusterNode> _nodes = [];
    private ActorSystem _outside = null!;

    public Task InitializeAsync()
    {
        _outside = ActorSystem.Create("outside", ClientSettings);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _outside.Terminate().WaitAsync(ClusterNode.Limit);
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Messages_reach_a_service_in_order_and_answers_come_back_without_the_senders_address(bool legacy)
    {
        var node = await StartNode();
        var service = Service(node, "service");
        var client = Client(settings => settings.WithUseLegacySerialization(legacy));
        var me = new Probe(_outside, null);

        for (var i = 0; i < 100; i++) me.Send(client, new ClusterClient.Send("/user/service", i));
        for (var i = 0; i < 100; i++) service.Expect(i);
        service.LastSender.Tell("answer", service.Ref);

        me.Expect("answer");
        Assert.Equal(_outside.DeadLetters, me.LastSender);
        me.Send(client, new ClusterClient.SendToAll("/user/service", "all"));
        service.Expect("all");
    }

    [Fact]
    public async Task What_is_published_reaches_the_subscribers_of_the_topic()
    {
        var node = await StartNode();
        var subscriber = new Probe(node.System, null);
        ClusterClientReceptionist.Get(node.System).RegisterSubscriber("news", subscriber.Ref);
        Client().Tell(new ClusterClient.Publish("news", "today"));
        subscriber.Expect("today");
    }

    [Fact]
    public async Task What_is_sent_before_there_is_a_cluster_is_kept_and_delivered()
    {
        var later = ClusterNode.Start(NodeSettings);
        _nodes.Add(later);
        var client = Client();
        client.Tell(new ClusterClient.Send("/user/service", "early"));
        var service = new Probe(later.System, "service");
        await Begin(later);
        // the service is there before the receptionist is
        DistributedPubSub.Get(later.System).Mediator.Tell(new Put(service.Ref));
        ClusterClientReceptionist.Get(later.System);
        service.Expect("early");
    }

    [Fact]
    public void What_the_buffer_cannot_hold_is_dropped_oldest_first_and_said()
    {
        var dropped = new Probe(_outside, null);
        _outside.EventStream.Subscribe(dropped.Ref, typeof(Dropped));
        var client = Client(settings => settings.WithBufferSize(2), ["akka.tcp://node@127.0.0.1:1/system/receptionist"]);
        for (var i = 0; i < 4; i++) client.Tell(new ClusterClient.Send("/user/service", i));
        Assert.Equal(0, ((ClusterClient.Send)dropped.Expect<Dropped>().Message).Message);
        Assert.Equal(1, ((ClusterClient.Send)dropped.Expect<Dropped>().Message).Message);
    }

    [Fact]
    public async Task When_its_receptionist_dies_the_client_goes_on_through_another_one()
    {
        var (a, b, c) = (await StartNode(), await StartNode(), await StartNode());
        await ClusterNode.AllSeeUp(a, b, c);
        foreach (var node in _nodes)
        {
            var where = node.Address.ToString();
            ClusterClientReceptionist.Get(node.System).RegisterService(
                node.System.ActorOf(Acting.Props(it => it.OnAny(_ => it.Sender.Tell(where))), "where"));
        }
        var client = Client();
        var me = new Probe(_outside, null);
        me.Send(client, SubscribeContactPoints.Instance);
        var points = me.Expect<ContactPoints>().ContactPointsList.Count;
        while (points < 3) points += me.Expect<IContactPointChange>() is ContactPointAdded ? 1 : -1;
        me.Send(client, UnsubscribeContactPoints.Instance);

        // the one on the receptionist's own node answers; that node is killed
        var victim = await client.Ask<string>(new ClusterClient.Send("/user/where", "where", localAffinity: true), ClusterNode.Limit);
        await _nodes.Single(node => node.Address.ToString() == victim).Crash();

        var end = DateTime.UtcNow + ClusterNode.Limit;
        var next = victim;
        while (next == victim && DateTime.UtcNow < end)
        {
            try
            {
                next = await client.Ask<string>(new ClusterClient.Send("/user/where", "where", localAffinity: true), TimeSpan.FromMilliseconds(300));
            }
            catch (AskTimeoutException)
            {
                // what is under way when a receptionist dies may be lost
            }
        }
        Assert.Contains(next, _nodes.Select(node => node.Address.ToString()).Except([victim]));
    }

    [Fact]
    public async Task A_receptionist_says_which_clients_it_serves()
    {
        var node = await StartNode();
        var receptionist = ClusterClientReceptionist.Get(node.System).Underlying;
        var watcher = new Probe(node.System, null);
        watcher.Send(receptionist, SubscribeClusterClients.Instance);
        Assert.Empty(watcher.Expect<ClusterClients>().ClusterClientsList);

        var client = Client();
        Assert.Equal(client.Path.Elements, watcher.Expect<ClusterClientUp>().ClusterClient.Path.Elements);
        Assert.Single((await receptionist.Ask<ClusterClients>(GetClusterClients.Instance, ClusterNode.Limit)).ClusterClientsList);
        _outside.Stop(client);
        Assert.Equal(client.Path.Elements, watcher.Expect<ClusterClientUnreachable>().ClusterClient.Path.Elements);
    }

    [Fact]
    public void A_client_that_may_not_look_for_ever_stops()
    {
        var watcher = new Probe(_outside, null);
        var client = Client(settings => settings.WithReconnectTimeout(TimeSpan.FromMilliseconds(200)), ["akka.tcp://node@127.0.0.1:1/system/receptionist"]);
        watcher.Watch(client);
        watcher.ExpectTerminated(client);
    }

    [Fact]
    public void Settings_that_make_no_sense_or_are_not_covered_are_refused()
    {
        var settings = ClusterClientSettings.Create(_outside);
        Assert.Throws<ArgumentException>(() => settings.WithBufferSize(10_001));
        Assert.Throws<ArgumentException>(() => settings.WithInitialContacts(ImmutableHashSet<ActorPath>.Empty));
        var discovery = ConfigurationFactory.ParseString("use-initial-contacts-discovery = true")
            .WithFallback(_outside.Settings.Config.GetConfig("akka.cluster.client"));
        Assert.Contains("use-initial-contacts-discovery", Assert.Throws<ConfigurationException>(() => ClusterClientSettings.Create(discovery)).Message);
    }

    private IActorRef Client(Func<ClusterClientSettings, ClusterClientSettings>? change = null, string[]? contacts = null)
    {
        contacts ??= [$"{_nodes[0].Address}/system/receptionist"];
        var settings = ClusterClientSettings.Create(_outside).WithInitialContacts(contacts.Select(ActorPath.Parse).ToImmutableHashSet());
        return _outside.ActorOf(ClusterClient.Props(change?.Invoke(settings) ?? settings));
    }

    private static Probe Service(ClusterNode node, string name)
    {
        var probe = new Probe(node.System, name);
        ClusterClientReceptionist.Get(node.System).RegisterService(probe.Ref);
        return probe;
    }

    private async Task<ClusterNode> StartNode()
    {
        var node = ClusterNode.Start(NodeSettings);
        _nodes.Add(node);
        await Begin(node);
        ClusterClientReceptionist.Get(node.System);
        return node;
    }

    private async Task Begin(ClusterNode node)
    {
        node.Cluster.Join(_nodes[0].Address);
        await ClusterNode.AllSeeUp(node);
    }
}

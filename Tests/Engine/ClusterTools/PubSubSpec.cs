using Akka.Actor;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Event;
using Akka.Routing;
using Mooring.Tests.Engine.ActorSpecs;
using Mooring.Tests.Engine.ClusterSpecs;

namespace Mooring.Tests.Engine.ClusterToolsSpecs;

/// <summary>Publish-subscribe on one or more nodes of this process.</summary>
[Collection(nameof(ClusterCollection))]
public sealed class PubSubSpec : IAsyncLifetime
{
    private const string Settings = "akka.cluster.pub-sub.gossip-interval = 50ms";

    private static int s_marks;

    private readonly List<ClusterNode> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
    }

    [Fact]
    public async Task What_is_published_reaches_the_subscribers_of_the_topic_on_all_nodes_once()
    {
        var (a, b) = await StartTwo();
        var (here, there, other) = (Subscriber(a, "news"), Subscriber(b, "news"), Subscriber(b, "weather"));
        await Knows(a, b);

        Mediator(a).Tell(new Publish("news", "one"), here.Ref);
        Mediator(a).Tell(new Publish("news", "two"), here.Ref);

        here.Expect("one", "two");
        there.Expect("one", "two");
        Assert.Equal(a.Cluster.RemotePathOf(here.Ref), there.LastSender.Path);
        other.ExpectNothingMore();
        here.ExpectNothingMore();
        there.ExpectNothingMore();
    }

    [Fact]
    public async Task A_topic_may_have_any_name()
    {
        var a = await StartOne();
        var probe = Subscriber(a, "$a/b c?*ü/");
        Mediator(a).Tell(new Publish("$a/b c?*ü/", "there"), probe.Ref);
        probe.Expect("there");
        Assert.Equal(new CurrentTopics(["$a/b c?*ü/"]), await Mediator(a).Ask<CurrentTopics>(GetTopics.Instance, ClusterNode.Limit));
    }

    [Fact]
    public async Task After_Unsubscribe_and_after_its_end_a_subscriber_gets_nothing()
    {
        var a = await StartOne();
        var (left, dead, stays) = (Subscriber(a, "news"), Subscriber(a, "news"), Subscriber(a, "news"));
        left.Send(Mediator(a), new Unsubscribe("news", left.Ref));
        Assert.Equal("news", left.Expect<UnsubscribeAck>().Unsubscribe.Topic);
        stays.Watch(dead.Ref);
        a.System.Stop(dead.Ref);
        stays.ExpectTerminated(dead.Ref);

        Mediator(a).Tell(new Publish("news", "late"), stays.Ref);

        stays.Expect("late");
        left.ExpectNothingMore();
    }

    [Fact]
    public async Task One_of_each_group_gets_what_is_sent_to_one_of_each_group()
    {
        var a = await StartOne("akka.cluster.pub-sub.routing-logic = round-robin");
        var red = new Probe(a.System, null);
        for (var i = 0; i < 2; i++)
        {
            var member = a.System.ActorOf(Acting.Props(actor => actor.OnAny(message => red.Ref.Tell(message))));
            red.Send(Mediator(a), new Subscribe("work", member, "red"));
            red.Expect<SubscribeAck>();
        }
        var blue = Subscriber(a, "work", "blue");

        for (var i = 0; i < 4; i++) Mediator(a).Tell(new Publish("work", i, sendOneMessageToEachGroup: true), blue.Ref);

        blue.Expect(0, 1, 2, 3);
        blue.ExpectNothingMore();
        // who of the group gets a message is chance by the name; that each is got by one is not
        var got = Enumerable.Range(0, 4).Select(_ => red.Expect<int>()).ToList();
        Assert.Equal([0, 1, 2, 3], got.Order());
        red.ExpectNothingMore();
    }

    [Fact]
    public async Task Send_reaches_one_registered_actor_and_SendToAll_all_of_them()
    {
        var (a, b) = await StartTwo();
        var (here, there) = (Registered(a, "service"), Registered(b, "service"));
        await Knows(a, b);
        await Knows(b, a);

        Mediator(a).Tell(new Send("/user/service", "near", localAffinity: true), here.Ref);
        Mediator(b).Tell(new Send("/user/service", "near", localAffinity: true), here.Ref);
        here.Expect("near");
        there.Expect("near");
        Mediator(a).Tell(new SendToAll("/user/service", "all"), here.Ref);
        here.Expect("all");
        there.Expect("all");
        Mediator(a).Tell(new SendToAll("/user/service", "others", excludeSelf: true), here.Ref);
        there.Expect("others");
        here.ExpectNothingMore();
        Mediator(b).Tell(new Remove("/user/service"));
        Mediator(b).Tell(new Send("/user/service", "far", localAffinity: true), here.Ref);
        here.Expect("far");
        there.ExpectNothingMore();
    }

    [Fact]
    public async Task What_nobody_is_there_for_is_a_dead_letter()
    {
        var a = await StartOne();
        var letters = new Probe(a.System, null);
        a.System.EventStream.Subscribe(letters.Ref, typeof(DeadLetter));

        Mediator(a).Tell(new Publish("nothing", "lost"), letters.Ref);
        Assert.Equal("lost", letters.Expect<DeadLetter>().Message);
        Mediator(a).Tell(new Send("/user/nobody", "gone"), letters.Ref);
        Assert.Equal("gone", letters.Expect<DeadLetter>().Message);
        Mediator(a).Tell(new Publish("nothing", "group", sendOneMessageToEachGroup: true), letters.Ref);
        Assert.Equal("group", letters.Expect<DeadLetter>().Message);
    }

    [Fact]
    public async Task What_was_registered_on_a_node_is_forgotten_when_the_node_is_gone()
    {
        var (a, b) = await StartTwo();
        Subscriber(b, "news");
        await Knows(a, b);

        a.Cluster.Down(b.Address);

        await Until(async () => (await Mediator(a).Ask<CurrentTopics>(GetTopics.Instance, ClusterNode.Limit)).Topics.Count == 0);
    }

    [Fact]
    public async Task A_topic_without_subscribers_ends_after_a_while_and_comes_back_with_the_next_one()
    {
        var a = await StartOne("akka.cluster.pub-sub.removed-time-to-live = 100ms");
        var first = Subscriber(a, "news", "group");
        first.Send(Mediator(a), new Unsubscribe("news", first.Ref, "group"));
        first.Expect<UnsubscribeAck>();
        await Until(async () => (await Mediator(a).Ask<CurrentTopics>(GetTopics.Instance, ClusterNode.Limit)).Topics.Count == 0);

        var next = Subscriber(a, "news");
        Mediator(a).Tell(new Publish("news", "again"), next.Ref);
        next.Expect("again");
    }

    [Fact]
    public void The_registry_hands_over_piecewise_what_is_more_than_a_message_may_hold()
    {
        var (a, b) = (new Address("akka.tcp", "s", "a", 1), new Address("akka.tcp", "s", "b", 1));
        var (from, to) = (new Registry(a, () => 1), new Registry(b, () => 1));
        for (var i = 0; i < 10; i++) from.Put($"/user/{i}", ActorRefs.Nobody);
        var rounds = 0;
        while (to.IsOlderThan(from.Versions))
        {
            foreach (var bucket in from.NewerThan(to.Versions, 3)) to.Merge(bucket);
            Assert.Equal(Math.Min(++rounds * 3, 10), to.Below("/user/").Count());
        }
        Assert.Equal(4, rounds);
        from.Put("/user/3", null);
        Assert.Single(Assert.Single(from.NewerThan(to.Versions, 3)).Content);
    }

    [Fact]
    public void Consistent_hashing_and_unknown_logics_are_refused()
    {
        var config = DistributedPubSub.DefaultConfig().GetConfig("akka.cluster.pub-sub");
        Assert.IsType<RandomLogic>(DistributedPubSubSettings.Create(config).RoutingLogic);
        foreach (var logic in (string[])["consistent-hashing", "by-guess"])
            Assert.Throws<ArgumentException>(() => DistributedPubSubSettings.Create(
                Akka.Configuration.ConfigurationFactory.ParseString($"routing-logic = {logic}").WithFallback(config)));
    }

    private static IActorRef Mediator(ClusterNode node) => DistributedPubSub.Get(node.System).Mediator;

    private static Probe Subscriber(ClusterNode node, string topic, string? group = null)
    {
        var probe = new Probe(node.System, null);
        probe.Send(Mediator(node), new Subscribe(topic, probe.Ref, group));
        Assert.Equal(new Subscribe(topic, probe.Ref, group), probe.Expect<SubscribeAck>().Subscribe);
        return probe;
    }

    private static Probe Registered(ClusterNode node, string name)
    {
        var probe = new Probe(node.System, name);
        Mediator(node).Tell(new Put(probe.Ref));
        return probe;
    }

    /// <summary>Waits until a node knows all that has been registered at another one: knowledge comes in the order of registration.</summary>
    private static async Task Knows(ClusterNode node, ClusterNode other)
    {
        var mark = "mark-" + Interlocked.Increment(ref s_marks);
        Subscriber(other, mark);
        await Until(async () => (await Mediator(node).Ask<CurrentTopics>(GetTopics.Instance, ClusterNode.Limit)).Topics.Contains(mark));
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(ClusterNode.Limit);
        while (!await condition()) await Task.Delay(20, limit.Token);
    }

    private async Task<ClusterNode> StartOne(string more = "")
    {
        var node = ClusterNode.Start(Settings + "\n" + more);
        _nodes.Add(node);
        node.Cluster.Join(node.Address);
        await ClusterNode.AllSeeUp(node);
        return node;
    }

    private async Task<(ClusterNode A, ClusterNode B)> StartTwo()
    {
        var a = await StartOne();
        var b = ClusterNode.Start(Settings);
        _nodes.Add(b);
        b.Cluster.Join(a.Address);
        await ClusterNode.AllSeeUp(a, b);
        Mediator(b);
        return (a, b);
    }
}

using Akka.Actor;

namespace Mooring.Tests.Engine.ActorSpecs;

public sealed class SelectionAndPathSpec : ActorSpec
{
    private IActorRef Family(Probe probe)
    {
        using var born = new CountdownEvent(7);
        var family = Start(me =>
        {
            foreach (var name in new[] { "anna", "bert", "ben" })
                me.Context.ActorOf(Acting.Props(it =>
                {
                    it.Context.ActorOf(Acting.Props(below => Answer(below, probe, born)), "grandchild-of-" + name);
                    Answer(it, probe, born);
                }), name);
            Answer(me, probe, born);
            me.On<(string Path, string Text)>(to => me.Context.ActorSelection(to.Path).Tell(to.Text));
        }, "family");
        Assert.True(born.Wait(Limit));
        return family;
    }

    private static void Answer(Acting actor, Probe probe, CountdownEvent born)
    {
        actor.On<string>(text => probe.Ref.Tell((actor.Self.Path.Name, text)));
        actor.OnPreStart = () => born.Signal();
    }

    private static string[] Names(Probe probe, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => probe.Expect<(string Name, string Text)>().Name).Order(StringComparer.Ordinal)];

    [Theory]
    [InlineData("/user/family/anna", "anna")]
    [InlineData("akka://spec/user/family/bert", "bert")]
    [InlineData("/user/family/b*", "ben,bert")]
    [InlineData("/user/family/b?n", "ben")]
    [InlineData("/user/family/*", "anna,ben,bert")]
    [InlineData("/user/family/anna/../bert", "bert")]
    [InlineData("/user/family/b*/grandchild*", "grandchild-of-ben,grandchild-of-bert")]
    [InlineData("/user/family/**", "anna,ben,bert,grandchild-of-anna,grandchild-of-ben,grandchild-of-bert")]
    public void A_selection_reaches_what_its_path_names(string path, string names)
    {
        var probe = NewProbe();
        Family(probe);
        var expected = names.Split(',');
        Sys.ActorSelection(path).Tell("hello");
        Assert.Equal(expected, Names(probe, expected.Length));
        probe.ExpectNothingMore();
    }

    [Fact]
    public void A_relative_selection_starts_at_the_actor()
    {
        var probe = NewProbe();
        var family = Family(probe);
        family.Tell(("anna/grandchild-of-anna", "down"));
        probe.Expect(("grandchild-of-anna", "down"));
        family.Tell(("../family", "around"));
        probe.Expect(("family", "around"));
    }

    [Fact]
    public async Task ResolveOne_gives_the_actor_or_fails()
    {
        var family = Family(NewProbe());
        Assert.Equal(family, await Sys.ActorSelection("/user/family").ResolveOne(Limit));
        await Assert.ThrowsAsync<ActorNotFoundException>(() => Sys.ActorSelection("/user/nobody").ResolveOne(Limit));
        await Assert.ThrowsAsync<ActorNotFoundException>(() => Sys.ActorSelection("/user/family/nobody/below").ResolveOne(Limit));
    }

    [Fact]
    public void Identify_is_answered_by_the_actor_and_for_the_missing_one()
    {
        var probe = NewProbe();
        var family = Family(probe);
        Sys.ActorSelection("/user/family").Tell(new Identify(1), probe.Ref);
        Assert.Equal(new ActorIdentity(1, family), probe.Receive());
        Sys.ActorSelection("/user/nobody").Tell(new Identify(2), probe.Ref);
        Assert.Equal(new ActorIdentity(2, null), probe.Receive());
        family.Tell(new Identify(3), probe.Ref);
        Assert.Equal(new ActorIdentity(3, family), probe.Receive());
    }

    [Fact]
    public void A_selection_that_finds_nobody_makes_a_dead_letter_of_the_message()
    {
        var letters = NewProbe();
        Sys.EventStream.Subscribe(letters.Ref, typeof(Akka.Event.DeadLetter));
        Sys.ActorSelection("/user/nobody").Tell("lost");
        var letter = letters.Expect<Akka.Event.DeadLetter>();
        Assert.Equal("lost", letter.Message);
        Assert.Equal("akka://spec/user/nobody", letter.Recipient.Path.ToString());
    }

    [Fact]
    public void References_resolve_from_their_serialized_path()
    {
        var provider = ((ExtendedActorSystem)Sys).Provider;
        var family = Family(NewProbe());
        Assert.Equal(family, provider.ResolveActorRef(family.Path.ToSerializationFormat()));
        Assert.Equal(family, provider.ResolveActorRef("akka://spec/user/family"));
        Assert.Equal("/user/family/anna", provider.ResolveActorRef("akka://spec/user/family/anna").Path.ToStringWithoutAddress());
        var otherIncarnation = provider.ResolveActorRef("akka://spec/user/family#1");
        Assert.IsType<EmptyLocalActorRef>(otherIncarnation);
        Assert.Equal(Sys.DeadLetters, provider.ResolveActorRef("akka://spec/deadLetters"));
        Assert.Equal(Sys.DeadLetters, provider.ResolveActorRef("no path at all"));
    }

    [Theory]
    [InlineData("akka://sys/user/a/b")]
    [InlineData("akka://sys/user/a/b#17")]
    [InlineData("akka.tcp://sys@host:2552/user/a#-3")]
    [InlineData("akka.tcp://sys@[::1]:2552/user")]
    [InlineData("akka.tcp://sys@10.0.0.1:0/user/$a/$b%20c")]
    public void Paths_read_what_they_write(string text)
    {
        var path = ActorPath.Parse(text);
        Assert.Equal(text, path.ToSerializationFormat());
        Assert.Equal(path, ActorPath.Parse(path.ToString()));
    }

    [Fact]
    public void Paths_may_be_as_deep_as_a_message_is_long()
    {
        var text = "akka.tcp://sys@host:1" + string.Concat(Enumerable.Repeat("/a", 64_000));
        (int Depth, string Text, int Hash, int Order) seen = default;
        // What recurses does not come back from a stack of this size.
        var thread = new Thread(
            () =>
            {
                var path = ActorPath.Parse(text);
                seen = (path.Depth, path.ToString(), path.GetHashCode(), path.CompareTo(ActorPath.Parse(text)));
            },
            maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();

        Assert.Equal((64_000, text, ActorPath.Parse(text).GetHashCode(), 0), seen);
    }

    [Theory]
    [InlineData("")]
    [InlineData("user/a")]
    [InlineData("akka://")]
    [InlineData("akka.tcp://sys@host:port/user")]
    [InlineData("akka.tcp://sys@:1/user")]
    [InlineData("akka.tcp://@host:1/user")]
    [InlineData("akka://sys/user/a#b")]
    public void What_is_no_path_is_refused(string text) => Assert.False(ActorPath.TryParse(text, out _));

    [Fact]
    public void Paths_give_their_parts()
    {
        var path = ActorPath.Parse("akka.tcp://sys@host:1/user/a/b#5");
        Assert.Equal(["user", "a", "b"], path.Elements);
        Assert.Equal(("b", 5L, 3), (path.Name, path.Uid, path.Depth));
        Assert.Equal(new Address("akka.tcp", "sys", "host", 1), path.Address);
        Assert.Equal("/user/a", path.Parent.ToStringWithoutAddress());
        Assert.Equal("user", path.ParentOf(1).Name);
        Assert.Equal("a", path.ParentOf(-1).Name);
        Assert.Equal("akka.tcp://sys@host:1/", path.Root.ToString());
        Assert.Equal(path, path.WithUid(6));
        Assert.Equal("akka.tcp://sys@host:1/user/a/b/c", (path / "c").ToString());
        var local = ActorPath.Parse("akka://sys/user/a");
        Assert.Equal("akka.tcp://sys@host:1/user/a", local.ToStringWithAddress(path.Address));
        Assert.Equal("akka.tcp://sys@host:1/user/a/b#5", path.ToSerializationFormatWithAddress(new Address("akka.tcp", "sys", "other", 2)));
    }

    [Fact]
    public void Function_references_call_their_function_and_can_be_watched()
    {
        var probe = NewProbe();
        FunctionRef? function = null;
        var owner = Start(me =>
        {
            function = ((ActorCell)me.Context).AddFunctionRef((_, message) => probe.Ref.Tell(message), "f");
            me.OnAny(_ => me.Sender.Tell("ready"));
        });
        probe.Send(owner, "?");
        probe.Expect("ready");
        function!.Tell("called");
        probe.Expect("called");
        Assert.Same(function, ((ExtendedActorSystem)Sys).Provider.ResolveActorRef(function!.Path.ToSerializationFormat()));
        probe.Watch(function!);
        Sys.Stop(owner);
        probe.ExpectTerminated(function!);
    }
}

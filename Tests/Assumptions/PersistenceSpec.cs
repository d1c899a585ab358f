using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;

namespace Mooring.Tests.Assumptions;

/// <summary>What a persistent actor may rely on, on each kind of journal: the fence that stands behind membership and lease.</summary>
public sealed class PersistenceSpec : IDisposable
{
    private const string Quiet = """
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          loggers = []
          log-dead-letters = off
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
        }
        """;

    private readonly Journals _journals = new();
    private readonly List<ActorSystem> _systems = [];
    private readonly Occurrences<string> _seen = new("the persistent actors");

    public void Dispose()
    {
        Assert.True(Task.WaitAll([.. _systems.Select(s => s.Terminate())], ClusterNode.Limit), "the systems have ended");
        _journals.Dispose();
    }

    [Theory]
    [InlineData(Journals.Sql)]
    [InlineData(Journals.Store)]
    public async Task Of_two_incarnations_that_append_the_same_number_the_later_one_is_stopped_and_nothing_of_it_is_kept(string kind)
    {
        var (first, second) = (Start(kind, "first"), Start(kind, "second"));
        await Seen("first recovered");
        await Seen("second recovered");

        first.Tell("a");
        await Seen("first a");
        second.Tell("b");
        await Seen("second failed 1");
        await Seen("second stopped");

        // The one that was first goes on, and who recovers afterwards finds what it was told.
        first.Tell("c");
        await Seen("first c");
        Start(kind, "third");
        await Seen("third recovered");
        Assert.Equal(["third replays a", "third replays c"], _seen.All.Where(l => l.StartsWith("third replays", StringComparison.Ordinal)));
        Assert.DoesNotContain("second b", _seen.All);
    }

    [Theory]
    [InlineData(Journals.Sql)]
    [InlineData(Journals.Store)]
    public async Task What_comes_during_recovery_or_while_an_event_is_written_waits_and_keeps_its_order(string kind)
    {
        Start(kind, "before").Tell("x");
        await Seen("before x");

        // Sent before the actor can have recovered, and each while its predecessor's event is written.
        var actor = Start(kind, "after");
        foreach (var text in (string[])["a", "b", "c"])
            actor.Tell(text);
        await Seen("after c");

        Assert.Equal(
            ["after replays x", "after recovered", "after takes a", "after a", "after takes b", "after b", "after takes c", "after c"],
            _seen.All.Where(l => l.StartsWith("after", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(Journals.Sql, "rejected")]
    [InlineData(Journals.Store, "failed")]
    public async Task An_event_that_cannot_be_written_is_not_applied_and_its_actor_does_not_go_on(string kind, string outcome)
    {
        var actor = Start(kind, "one");
        await Seen("one recovered");

        actor.Tell(new Unwritable());

        await Seen($"one {outcome} 1");
        await Seen("one stopped");
        Assert.DoesNotContain("one unwritable", _seen.All);
    }

    private IActorRef Start(string kind, string name)
    {
        var system = ActorSystem.Create(name, ConfigurationFactory.ParseString($$"""
            {{Quiet}}
            akka.actor {
              serializers.broken = "{{typeof(BrokenSerializer).AssemblyQualifiedName}}"
              serialization-bindings."{{typeof(Unwritable).AssemblyQualifiedName}}" = broken
            }
            """).WithFallback(_journals.Hocon(kind)));
        _journals.Open(system, kind);
        _systems.Add(system);
        var seen = _seen;
        return system.ActorOf(Props.Create(() => new Guard(Props.Create(() => new Writer(name, seen)))));
    }

    private Task Seen(string line) => _seen.First(l => l == line, line, ClusterNode.Limit);

    private sealed record Unwritable;

    /// <summary>Stops a child that throws, as the owner's and the shards' supervisors end who cannot go on.</summary>
    private sealed class Guard : ReceiveActor
    {
        public Guard(Props props)
        {
            var child = Context.ActorOf(props);
            ReceiveAny(child.Forward);
        }

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);
    }

    private sealed class Writer : ReceivePersistentActor
    {
        private readonly string _name;
        private readonly Occurrences<string> _seen;

        public Writer(string name, Occurrences<string> seen)
        {
            (_name, _seen) = (name, seen);
            Recover<string>(text => seen.Add($"{name} replays {text}"));
            Recover<RecoveryCompleted>(_ => seen.Add($"{name} recovered"));
            Command<string>(text =>
            {
                seen.Add($"{name} takes {text}");
                Persist(text, e => seen.Add($"{name} {e}"));
            });
            Command<Unwritable>(unwritable => Persist(unwritable, _ => seen.Add($"{name} unwritable")));
        }

        public override string PersistenceId => "shared";

        protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => _seen.Add($"{_name} failed {sequenceNr}");

        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
        {
            _seen.Add($"{_name} rejected {sequenceNr}");
            throw new InvalidOperationException("rejected", cause);
        }

        protected override void PostStop() => _seen.Add($"{_name} stopped");
    }

    private sealed class BrokenSerializer(ExtendedActorSystem system) : Akka.Serialization.Serializer(system)
    {
        public override int Identifier => 8471;

        public override bool IncludeManifest => false;

        public override byte[] ToBinary(object obj) => throw new System.Runtime.Serialization.SerializationException("unwritable");

        public override object FromBinary(byte[] bytes, Type type) => throw new NotSupportedException();
    }
}

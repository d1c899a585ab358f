using Akka.Actor;
using Akka.Persistence;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>A test kit with scripted persistent actors, on a journal and snapshot store in memory unless told otherwise.</summary>
public abstract class PersistenceTestKit(string? hocon = null, ITestOutputHelper? output = null)
    : Akka.TestKit.Xunit2.TestKit(Generous.Hocon + "\n" + Defaults + "\n" + TestEventSerializer.Hocon + "\n" + hocon, output: output)
{
    private const string Defaults = """
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        akka.persistence.journal.plugin = "akka.persistence.journal.flaky"
        akka.persistence.journal.flaky.class = "Mooring.Tests.Engine.Persistence.FlakyJournal, Mooring.Tests.Engine"
        akka.persistence.journal.flaky.plugin-dispatcher = "akka.actor.default-dispatcher"
        """;

    /// <summary>Starts an actor and takes what it reports about its recovery.</summary>
    protected IActorRef Start(string id, Action<Scripted, object> onCommand, Recovery? recovery = null)
    {
        var actor = Sys.ActorOf(Scripted.Props(id, TestActor, onCommand, recovery));
        FishForMessage(m => m is Recovered { Message: RecoveryCompleted });
        return actor;
    }

    /// <summary>Starts an actor that does nothing and returns what it recovers.</summary>
    protected List<object> RecoverAll(string id, Recovery? recovery = null)
    {
        var actor = Sys.ActorOf(Scripted.Props(id, TestActor, (_, _) => { }, recovery));
        var messages = new List<object>();
        while (true)
        {
            var message = ExpectMsg<Recovered>().Message;
            if (message is RecoveryCompleted)
                break;
            messages.Add(message);
        }

        StopAndWait(actor);
        return messages;
    }

    protected void StopAndWait(IActorRef actor)
    {
        var watcher = CreateTestProbe();
        watcher.Watch(actor);
        Sys.Stop(actor);
        watcher.ExpectTerminated(actor);
    }

    protected static void PersistEach(Scripted actor, object command) => actor.PersistAndReport((string)command);
}

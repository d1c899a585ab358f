using Akka.Actor;

namespace Mooring.Tests.Engine.Persistence;

/// <summary>In which order handlers and commands run.</summary>
public sealed class PersistOrderSpec : PersistenceTestKit
{
    [Fact]
    public void Commands_wait_until_the_handlers_of_Persist_have_run()
    {
        var actor = Start("p", (a, command) =>
        {
            if ((string)command == "a")
            {
                a.PersistAndReport("a1");
                a.PersistAndReport("a2");
            }

            a.Report("done " + command);
        });
        actor.Tell("a");
        actor.Tell("b");
        ExpectMsg("done a");
        ExpectMsg(new TestEvent("a1"));
        ExpectMsg(new TestEvent("a2"));
        ExpectMsg("done b");
    }

    [Fact]
    public void Commands_do_not_wait_for_the_handlers_of_PersistAsync_but_these_keep_their_order()
    {
        var actor = Start("p", (a, command) =>
        {
            a.PersistAsync(new TestEvent(command + "1"), e => a.Report(e));
            a.DeferAsync(command + "2", e => a.Report(e));
            a.PersistAsync(new TestEvent(command + "3"), e => a.Report(e));
            a.Report("done " + command);
        });
        actor.Tell("a");
        ExpectMsg("done a");
        ExpectMsg(new TestEvent("a1"));
        ExpectMsg("a2");
        ExpectMsg(new TestEvent("a3"));
    }

    [Fact]
    public void DeferAsync_runs_at_once_when_nothing_waits()
    {
        var actor = Start("p", (a, command) =>
        {
            a.DeferAsync("deferred", e => a.Report(e));
            a.Report("after");
        });
        actor.Tell("x");
        ExpectMsg("deferred");
        ExpectMsg("after");
    }

    [Fact]
    public void Persist_inside_a_handler_comes_after_what_the_command_persisted()
    {
        var actor = Start("p", (a, command) =>
        {
            if ((string)command != "go")
            {
                a.Report(command);
                return;
            }

            a.Persist(new TestEvent("outer"), e =>
            {
                a.Report(e);
                a.PersistAndReport("inner");
            });
            a.PersistAndReport("second");
        });
        actor.Tell("go");
        actor.Tell("next");
        ExpectMsg(new TestEvent("outer"));
        ExpectMsg(new TestEvent("second"));
        ExpectMsg(new TestEvent("inner"));
        ExpectMsg("next");
    }

    [Fact]
    public void Persist_inside_a_handler_of_PersistAsync_holds_commands_back()
    {
        var actor = Start("p", (a, command) =>
        {
            if ((string)command == "go")
            {
                a.PersistAsync(new TestEvent("async"), e =>
                {
                    a.Report(e);
                    a.TellSelf("next");
                    a.PersistAndReport("inner");
                });
            }
            else
            {
                a.Report(command);
            }
        });
        actor.Tell("go");
        ExpectMsg(new TestEvent("async"));
        ExpectMsg(new TestEvent("inner"));
        ExpectMsg("next");
    }

    [Fact]
    public void Senders_are_kept_for_handlers()
    {
        var actor = Start("p", (a, command) => a.Persist(new TestEvent("e"), _ => a.Reply("stored")));
        var client = CreateTestProbe();
        actor.Tell("x", client.Ref);
        client.ExpectMsg("stored");
    }

    [Fact]
    public void What_the_actor_stashed_itself_comes_before_commands_that_came_later()
    {
        var open = false;
        var actor = Start("p", (a, command) =>
        {
            switch ((string)command)
            {
                case "open":
                    open = true;
                    a.Persist(new TestEvent("opened"), e =>
                    {
                        a.Report(e);
                        a.Stash.UnstashAll();
                    });
                    break;
                case var held when !open:
                    a.Stash.Stash();
                    a.Report("stashed " + held);
                    break;
                default:
                    a.PersistAndReport((string)command);
                    break;
            }
        });
        foreach (var command in new[] { "1", "2", "open", "3", "4" })
            actor.Tell(command);
        ExpectMsg("stashed 1");
        ExpectMsg("stashed 2");
        foreach (var data in new[] { "opened", "1", "2", "3", "4" })
            ExpectMsg(new TestEvent(data));
    }

    [Fact]
    public void Events_persisted_after_asynchronous_work_are_stored_before_the_next_command()
    {
        var actor = Start("p", (a, command) =>
        {
            if ((string)command == "b")
            {
                a.Report("b");
                return;
            }

            a.RunTask(async () =>
            {
                await Task.Yield();
                a.PersistAndReport("a1");
                await Task.Yield();
                a.PersistAndReport("a2");
            });
        });
        actor.Tell("a");
        actor.Tell("b");
        ExpectMsg(new TestEvent("a1"));
        ExpectMsg(new TestEvent("a2"));
        ExpectMsg("b");
    }

    [Fact]
    public void Many_commands_are_stored_in_their_order()
    {
        var actor = Start("p", PersistEach);
        for (var i = 0; i < 500; i++)
            actor.Tell(i.ToString());
        for (var i = 0; i < 500; i++)
            ExpectMsg(new TestEvent(i.ToString()));
        StopAndWait(actor);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => new TestEvent(i.ToString())), RecoverAll("p").Cast<TestEvent>());
    }

    [Fact]
    public void Persisting_during_recovery_is_refused()
    {
        StopAndWait(StartWithEvents("p", "1"));
        Sys.ActorOf(Scripted.Props("p", TestActor, (_, _) => { }, onRecover: (a, m) =>
        {
            if (m is TestEvent)
                a.PersistAndReport("no");
        }));
        Assert.Contains("Cannot persist during replay", ExpectMsg<RecoveryFailed>().Reason);
    }

    private IActorRef StartWithEvents(string id, params string[] events)
    {
        var actor = Start(id, PersistEach);
        foreach (var e in events)
            actor.Tell(e);
        foreach (var e in events)
            ExpectMsg(new TestEvent(e));
        return actor;
    }
}

using Akka.Actor;
using Akka.Configuration;
using Akka.Pattern;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace Mooring.Tests.Engine.Streams;

/// <summary>Demand, failures, kill switches, and what ends with what.</summary>
public sealed class StreamLifecycleSpec() : StreamsTestKit("""
    my-dispatcher { type = Dispatcher }
    akka.stream.materializer.sync-processing-limit = 50
    """)
{
    [Fact]
    public async Task A_source_without_end_is_read_only_as_far_as_elements_are_wanted()
    {
        var numbers = new Numbers();
        Assert.Equal([1, 2, 3], await All(numbers.Source.Take(3)));
        Assert.Equal(3, numbers.Read);
        Assert.Equal(1, numbers.Left);
        Assert.Equal(4, await Soon(numbers.Source.RunWith(Sink.First<int>(), Materializer)));
        Assert.Equal(4, numbers.Read);
        Assert.Equal(2, numbers.Left);
    }

    [Fact]
    public async Task A_source_is_not_read_ahead_of_slow_work()
    {
        var numbers = new Numbers();
        var gate = new TaskCompletionSource();
        var begun = CreateTestProbe();
        var all = All(numbers.Source.SelectAsync(2, async n =>
        {
            begun.Ref.Tell(n, TestActor);
            await gate.Task;
            return n;
        }).Take(5));
        begun.ExpectMsg(1);
        begun.ExpectMsg(2);
        Assert.Equal(2, numbers.Read);
        gate.SetResult();
        Assert.Equal([1, 2, 3, 4, 5], await all);
    }

    [Fact]
    public async Task A_source_is_left_when_the_last_wanted_element_is_read_not_when_it_is_done()
    {
        var numbers = new Numbers();
        var gate = new TaskCompletionSource<int>();
        var all = All(numbers.Source.Take(1).SelectAsync(1, _ => gate.Task));
        AwaitCondition(() => numbers.Left == 1, TimeSpan.FromSeconds(30), "the source is left");
        gate.SetResult(7);
        Assert.Equal([7], await all);
    }

    [Fact]
    public async Task A_stream_that_always_has_elements_lets_others_have_the_thread()
    {
        var numbers = new Numbers();
        var (kill, done) = numbers.Source.Where(_ => false).ViaMaterialized(KillSwitches.Single<int>(), Keep.Right).ToMaterialized(Sink.Ignore<int>(), Keep.Both).Run(Materializer);
        AwaitCondition(() => numbers.Read > 1000, TimeSpan.FromSeconds(30), "the stream runs");
        kill.Shutdown();
        await Soon(done);
        Assert.Equal(1, numbers.Left);
    }

    [Fact]
    public async Task A_function_that_throws_fails_the_stream_and_the_source_is_left()
    {
        await Fails(s => s.Select(int (_) => throw new ArithmeticException()));
        await Fails(s => s.Where(_ => throw new ArithmeticException()));
        await Fails(s => s.SelectMany<int, int, Akka.NotUsed>(_ => throw new ArithmeticException()));
        await Fails(s => s.SelectMany(_ => Enumerable.Range(1, 3).Select(int (_) => throw new ArithmeticException())));
        await Fails(s => s.TakeWhile(_ => throw new ArithmeticException()));
        await Fails(s => s.SelectAsync<int, int, Akka.NotUsed>(1, _ => throw new ArithmeticException()));
        await Fails(s => s.SelectAsync(1, _ => Task.FromException<int>(new ArithmeticException())));
        await Assert.ThrowsAsync<ArithmeticException>(() => Soon(Source.Single(1).RunForeach(_ => throw new ArithmeticException(), Materializer)));
        await Assert.ThrowsAsync<ArithmeticException>(() => All(Source.Failed<int>(new ArithmeticException())));
        await Assert.ThrowsAsync<ArithmeticException>(() => All(Source.FromTask(Task.FromException<int>(new ArithmeticException()))));

        async Task Fails(Func<Source<int, Akka.NotUsed>, Source<int, Akka.NotUsed>> operation)
        {
            var numbers = new Numbers();
            await Assert.ThrowsAsync<ArithmeticException>(() => All(operation(numbers.Source)));
            Assert.Equal((1, 1), (numbers.Read, numbers.Left));
        }
    }

    [Fact]
    public async Task Work_that_fails_does_not_wait_for_the_work_before_it()
    {
        var never = new TaskCompletionSource<int>();
        var fails = new TaskCompletionSource<int>();
        var all = All(Source.From([never, fails]).SelectAsync(2, t => t.Task));
        fails.SetException(new ArithmeticException());
        await Assert.ThrowsAsync<ArithmeticException>(() => all);
    }

    [Fact]
    public async Task Shutdown_leaves_the_source_and_completes_when_what_was_begun_is_done()
    {
        var numbers = new Numbers();
        var gate = new TaskCompletionSource();
        var begun = CreateTestProbe();
        var (kill, all) = numbers.Source.ViaMaterialized(KillSwitches.Single<int>(), Keep.Right).SelectAsync(2, async n =>
        {
            begun.Ref.Tell(n, TestActor);
            await gate.Task;
            return n;
        }).ToMaterialized(Sink.Seq<int>(), Keep.Both).Run(Materializer);
        begun.ExpectMsg(1);
        begun.ExpectMsg(2);
        kill.Shutdown();
        AwaitCondition(() => numbers.Left == 1, TimeSpan.FromSeconds(30), "the source is left");
        Assert.False(all.IsCompleted);
        gate.SetResult();
        Assert.Equal([1, 2], await Soon(all));
        kill.Abort(new ArithmeticException());
    }

    [Fact]
    public async Task Abort_fails_the_stream_whatever_it_waits_for()
    {
        var numbers = new Numbers();
        var never = new TaskCompletionSource<int>();
        var (kill, all) = numbers.Source.ViaMaterialized(KillSwitches.Single<int>(), Keep.Right).SelectAsync(1, _ => never.Task)
            .ToMaterialized(Sink.Seq<int>(), Keep.Both).Run(Materializer);
        kill.Abort(new ArithmeticException());
        await Assert.ThrowsAsync<ArithmeticException>(() => Soon(all));
        Assert.Equal(numbers.Read, numbers.Left);
    }

    [Fact]
    public async Task A_kill_switch_that_is_used_before_the_stream_begins_ends_it_unread()
    {
        var numbers = new Numbers();
        var done = numbers.Source.ViaMaterialized(KillSwitches.Single<int>(), (_, kill) =>
        {
            kill.Shutdown();
            return kill;
        }).ToMaterialized(Sink.Ignore<int>(), Keep.Right).Run(Materializer);
        await Soon(done);
        Assert.Equal(0, numbers.Read);
    }

    [Fact]
    public async Task Streams_end_abruptly_with_their_materializer()
    {
        var numbers = new Numbers();
        var materializer = Sys.Materializer(namePrefix: "mine");
        var never = new TaskCompletionSource<int>();
        var waiting = Source.FromTask(never.Task).RunWith(Sink.Ignore<int>(), materializer);
        var running = numbers.Source.RunWith(Sink.Ignore<int>(), materializer);
        materializer.Shutdown();
        Assert.True(materializer.IsShutdown);
        Assert.Contains("/mine-0", (await Assert.ThrowsAsync<AbruptTerminationException>(() => Soon(waiting))).Actor.Path.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<AbruptTerminationException>(() => Soon(running));
        Assert.Equal(1, numbers.Left);
        Assert.Throws<IllegalStateException>(() => numbers.Source.To(Sink.Ignore<int>()).Run(materializer));
        Assert.Equal([1], await All(Source.Single(1)));
        materializer.Dispose();
    }

    [Fact]
    public async Task Streams_end_abruptly_with_their_actor_system()
    {
        var system = ActorSystem.Create("short", ConfigurationFactory.ParseString(Generous.Hocon));
        var never = new TaskCompletionSource<int>();
        var materializer = system.Materializer();
        var waiting = Source.FromTask(never.Task).RunWith(Sink.Ignore<int>(), materializer);
        var asked = Source.FromTask(never.Task).RunAsAsyncEnumerable(materializer).GetAsyncEnumerator();
        var next = asked.MoveNextAsync().AsTask();
        await system.Terminate();
        await Assert.ThrowsAsync<AbruptTerminationException>(() => Soon(waiting));
        await Assert.ThrowsAsync<AbruptTerminationException>(() => Soon(next));
        Assert.True(materializer.IsShutdown);
    }

    [Fact]
    public async Task Streams_of_an_actor_end_with_it()
    {
        var owner = Sys.ActorOf(Props.Create(() => new Owner()));
        var done = await owner.Ask<Task<Akka.Done>>("run", TimeSpan.FromSeconds(30));
        Sys.Stop(owner);
        await Assert.ThrowsAsync<AbruptTerminationException>(() => Soon(done));
    }

    [Fact]
    public async Task Streams_run_on_the_dispatcher_of_their_settings()
    {
        var materializer = Sys.Materializer(ActorMaterializerSettings.Create(Sys).WithDispatcher("my-dispatcher"));
        string Dispatcher() => ((ActorCell)((LocalActorRef)ActorCell.GetCurrentSelfOrNoSender()).Underlying).Dispatcher.Id;
        Assert.Equal("my-dispatcher", await Soon(Source.Single(1).Select(_ => Dispatcher()).RunWith(Sink.First<string>(), materializer)));
        Assert.NotEqual("my-dispatcher", await Soon(Source.Single(1).Select(_ => Dispatcher()).RunWith(Sink.First<string>(), Materializer)));
    }

    private sealed class Owner : ReceiveActor
    {
        public Owner()
        {
            var materializer = Context.Materializer();
            Receive<string>(_ => Sender.Tell(Source.FromTask(new TaskCompletionSource<int>().Task).RunWith(Sink.Ignore<int>(), materializer)));
        }
    }
}

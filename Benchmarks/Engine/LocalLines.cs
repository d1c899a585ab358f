using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;

namespace Mooring.Benchmarks.Engine;

/// <summary>Messages within one process.</summary>
internal static class LocalLines
{
    private const int Senders = 8;
    private const int AtOnce = 100;
    private const int IdleActors = 100_000;

    private static readonly Line PingPongOne = new("ping-pong of two actors, 1 in flight", "messages/s", 3.4e6, 1, BaseLine.Channel);
    private static readonly Line PingPongMany = new("ping-pong of two actors, 100 in flight", "messages/s", 6.2e6, 1, BaseLine.Channel);
    private static readonly Line FanIn = new("fan-in from 8 senders", "messages/s", 10e6, 1, BaseLine.Channel);
    private static readonly Line AskOne = new("ask, one after another", "round trips/s", 0.67e6, 1, BaseLine.Channel);
    private static readonly Line AskMany = new("ask, 100 at once", "round trips/s", 1.24e6, 1, BaseLine.Channel);
    private static readonly Line IdleBytes = new("bytes for each idle actor", "bytes", 1744, 0.5, BaseLine.None, AtMost: 872);
    private static readonly Line Creation = new("actors made and started", "actors/s", 0.11e6, 2, BaseLine.Channel);

    private static int _started;

    public static async Task MeasureAsync(Report report, Func<string, bool> wanted)
    {
        using var system = ActorSystem.Create("local", ConfigurationFactory.ParseString("akka.loglevel = WARNING"));
        if (wanted(IdleBytes.Name) || wanted(Creation.Name))
            await IdleAsync(report, system);
        if (wanted(PingPongOne.Name))
            await PingPongAsync(report, PingPongOne, system, 1);
        if (wanted(PingPongMany.Name))
            await PingPongAsync(report, PingPongMany, system, 100);
        if (wanted(FanIn.Name))
            await FanInAsync(report, system);
        if (wanted(AskOne.Name))
        {
            var echo = system.ActorOf(Props.Create(() => new Echo()));
            var ball = new Ball();
            var (rate, bytes) = await Bench.RateAsync(
                async count =>
                {
                    for (var i = 0; i < count; i++)
                        await echo.Ask<Ball>(ball);
                },
                2_000);
            report.Add(AskOne, rate, bytes);
        }
        if (wanted(AskMany.Name))
            await AskManyAsync(report, system);
        await system.Terminate();
    }

    private static async Task PingPongAsync(Report report, Line line, ActorSystem system, int inFlight)
    {
        var echo = system.ActorOf(Props.Create(() => new Echo()));
        var pinger = system.ActorOf(Props.Create(() => new Pinger(echo)));
        var (rate, bytes) = await Bench.RateAsync(
            async count =>
            {
                var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                pinger.Tell(new Play(Math.Max(1, count / 2), inFlight, done));
                await Bench.Within(done.Task, line.Name);
            },
            20_000);
        report.Add(line, rate, bytes);
    }

    private static async Task FanInAsync(Report report, ActorSystem system)
    {
        var sink = system.ActorOf(Props.Create(() => new Sink()));
        var senders = Enumerable.Range(0, Senders).Select(_ => system.ActorOf(Props.Create(() => new Sender(sink)))).ToList();
        var (rate, bytes) = await Bench.RateAsync(
            async count =>
            {
                var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                sink.Tell(new Expect(count / Senders * Senders, done));
                foreach (var sender in senders)
                    sender.Tell(new Burst(count / Senders));
                await Bench.Within(done.Task, FanIn.Name);
            },
            80_000,
            most: 8_000_000);
        report.Add(FanIn, rate, bytes);
    }

    private static async Task AskManyAsync(Report report, ActorSystem system)
    {
        var echo = system.ActorOf(Props.Create(() => new Echo()));
        var ball = new Ball();
        var (rate, bytes) = await Bench.RateAsync(
            count => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
            {
                for (var i = 0; i < count / AtOnce; i++)
                    await echo.Ask<Ball>(ball);
            })),
            10_000);
        report.Add(AskMany, rate, bytes);
    }

    private static async Task IdleAsync(Report report, ActorSystem system)
    {
        List<double> sizes = [], rates = [], bytes = [];
        // The first round warms up.
        for (var round = 0; round < 4; round++)
        {
            var parent = system.ActorOf(Props.Create(() => new Parent()));
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var watch = Stopwatch.StartNew();
            Volatile.Write(ref _started, 0);
            await parent.Ask<Ball>(IdleActors, TimeSpan.FromSeconds(60));
            while (Volatile.Read(ref _started) < IdleActors)
                Thread.Yield();
            var rate = IdleActors / watch.Elapsed.TotalSeconds;
            var each = (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / IdleActors;
            var size = (double)(GC.GetTotalMemory(forceFullCollection: true) - before) / IdleActors;
            await parent.GracefulStop(TimeSpan.FromSeconds(60));
            if (round == 0)
                continue;
            sizes.Add(size);
            rates.Add(rate);
            bytes.Add(each);
        }
        report.Add(IdleBytes, Bench.Median(sizes), null);
        report.Add(Creation, Bench.Median(rates), Bench.Median(bytes));
    }

    private sealed record Ball;

    private sealed record Play(int RoundTrips, int InFlight, TaskCompletionSource<bool> Done);

    private sealed record Expect(int Count, TaskCompletionSource<bool> Done);

    private sealed record Burst(int Count);

    private sealed class Echo : ReceiveActor
    {
        public Echo() => Receive<Ball>(ball => Sender.Tell(ball));
    }

    private sealed class Pinger : ReceiveActor
    {
        private Play _play = null!;
        private int _toSend;
        private int _toCome;

        public Pinger(IActorRef echo)
        {
            Receive<Ball>(ball =>
            {
                if (--_toCome == 0)
                    _play.Done.SetResult(true);
                if (_toSend > 0)
                {
                    _toSend--;
                    echo.Tell(ball);
                }
            });
            Receive<Play>(play =>
            {
                _play = play;
                _toCome = play.RoundTrips;
                _toSend = play.RoundTrips;
                for (var i = 0; i < play.InFlight && _toSend > 0; i++, _toSend--)
                    echo.Tell(new Ball());
            });
        }
    }

    private sealed class Sink : ReceiveActor
    {
        private int _toCome;
        private TaskCompletionSource<bool>? _done;

        public Sink()
        {
            Receive<Ball>(_ =>
            {
                if (--_toCome == 0)
                    _done!.SetResult(true);
            });
            Receive<Expect>(expect => (_toCome, _done) = (expect.Count, expect.Done));
        }
    }

    private sealed class Sender : ReceiveActor
    {
        public Sender(IActorRef sink) => Receive<Burst>(burst =>
        {
            var ball = new Ball();
            for (var i = 0; i < burst.Count; i++)
                sink.Tell(ball);
        });
    }

    private sealed class Parent : ReceiveActor
    {
        public Parent() => Receive<int>(count =>
        {
            var props = Props.Create(() => new Idle());
            for (var i = 0; i < count; i++)
                Context.ActorOf(props);
            Sender.Tell(new Ball());
        });
    }

    private sealed class Idle : UntypedActor
    {
        protected override void PreStart() => Interlocked.Increment(ref _started);

        protected override void OnReceive(object message) => Unhandled(message);
    }
}

using Akka.Actor;
using Akka.Event;

namespace Mooring.Tests.Engine.EventSpecs;

public class LoggingSpec : Akka.TestKit.Xunit2.TestKit
{
    public LoggingSpec() : base("akka.loglevel = INFO, akka.log-dead-letters = 3, akka.log-dead-letters-suspend-duration = 100ms\n" + Generous.Hocon)
    {
    }

    [Fact]
    public void Only_levels_that_are_on_are_published()
    {
        Sys.EventStream.Subscribe<LogEvent>(TestActor);
        var log = Logging.GetLogger(Sys, "source");
        Assert.False(log.IsDebugEnabled);
        log.Debug("silent");
        log.Info("loud");
        ExpectMsg<Info>(info => info.Message.Equals("loud") && info.LogSource.StartsWith("source") && info.LogClass == typeof(DummyClassForStringSources));
        Sys.EventStream.SetLogLevel(LogLevel.ErrorLevel);
        log.Warning("silent");
        log.Error(new ArgumentException("why"), "failed with {0}", 7);
        var error = ExpectMsg<Error>();
        Assert.Equal("failed with 7", error.Message.ToString());
        Assert.IsType<ArgumentException>(error.Cause);
    }

    [Fact]
    public void Arguments_become_text_only_when_somebody_prints_them()
    {
        var argument = new Counting();
        Log.Debug("{0}", argument);
        Assert.Equal(0, argument.Count);
        EventFilter.Info("counted").ExpectOne(() => Log.Info("{0}", argument));
        Assert.True(argument.Count > 0);
    }

    [Fact]
    public void Templates_take_any_number_of_arguments()
    {
        EventFilter.Info("1 2 3 4 5 6").ExpectOne(() => Log.Info("{0} {1} {2} {3} {4} {5}", 1, 2, 3, 4, 5, 6));
        EventFilter.Info("1 2").ExpectOne(() => Log.Info("{0} {1}", [1, 2]));
        EventFilter.Warning("{braces} stay without arguments").ExpectOne(() => Log.Warning("{braces} stay without arguments"));
    }

    [Fact]
    public void A_template_that_does_not_fit_its_arguments_does_not_stop_the_logger()
    {
        Log.Info("{0} {1}", "only one");
        EventFilter.Info("still here").ExpectOne(() => Log.Info("still here"));
    }

    [Fact]
    public void An_actor_logs_with_its_path_and_class()
    {
        Sys.EventStream.Subscribe<Info>(TestActor);
        var actor = ActorOf<Talker>("talker");
        actor.Tell("say");
        ExpectMsg<Info>(info => info.LogSource.EndsWith("/user/talker") && info.LogClass == typeof(Talker));
    }

    [Fact]
    public async Task Dead_letters_are_logged_up_to_a_number_and_again_after_a_pause()
    {
        // the listener is an actor: when it answers it has subscribed
        await Sys.ActorSelection("/system/deadLetterListener").ResolveOne(TimeSpan.FromSeconds(3));
        Sys.EventStream.Subscribe<Info>(TestActor);
        IgnoreMessages<Info>(info => !info.Message.ToString()!.Contains("was not delivered"));
        for (var i = 0; i < 10; i++) Sys.DeadLetters.Tell($"lost {i}");
        ReceiveN(2);
        ExpectMsg<Info>(info => info.Message.ToString()!.Contains("no more dead letters will be logged in next"));
        AwaitAssert(() =>
        {
            Sys.DeadLetters.Tell("lost later");
            Assert.Contains("were not logged", ExpectMsg<Info>(TimeSpan.FromMilliseconds(20)).Message.ToString());
        });
    }

    [Fact]
    public void A_log_event_says_when_who_and_what()
    {
        var text = new Warning(new ArgumentException("why"), "source", typeof(LoggingSpec), "what").ToString();
        Assert.Contains("[WARNING]", text);
        Assert.Contains("[source] what", text);
        Assert.Contains("Cause: System.ArgumentException: why", text);
    }

    [Theory]
    [InlineData("info", LogLevel.InfoLevel)]
    [InlineData("DEBUG", LogLevel.DebugLevel)]
    public void Levels_are_read_from_text(string text, LogLevel expected)
    {
        Assert.Equal(expected, Logging.LogLevelFor(text));
        Assert.Throws<ArgumentException>(() => Logging.LogLevelFor("loud"));
        Assert.Equal(LogLevel.ErrorLevel, Logging.LogLevelFor<Error>());
    }

    [Fact]
    public void Filters_drop_events_by_source_and_by_text()
    {
        var evaluator = new LogFilterBuilder().ExcludeSourceStartingWith("noisy").ExcludeMessageContaining("secret").Build().CreateEvaluator();
        Assert.False(evaluator.ShouldTryKeepMessage(new Info("noisy/one", typeof(object), "text"), out _));
        Assert.False(evaluator.ShouldTryKeepMessage(new Info("quiet", typeof(object), "a secret"), out _));
        Assert.True(evaluator.ShouldTryKeepMessage(new Info("quiet", typeof(object), "text"), out _));
    }

    private sealed class Counting
    {
        public int Count { get; private set; }

        public override string ToString()
        {
            Count++;
            return "counted";
        }
    }

    private sealed class Talker : UntypedActor
    {
        protected override void OnReceive(object message) => Context.GetLogger().Info("said");
    }
}

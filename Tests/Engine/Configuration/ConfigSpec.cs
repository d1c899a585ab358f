using Akka.Configuration;

namespace Mooring.Tests.Engine.ConfigurationSpecs;

public class ConfigSpec
{
    [Theory]
    [InlineData("5s", 5_000)]
    [InlineData("5 seconds", 5_000)]
    [InlineData("1.5 m", 90_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("250 ms", 250)]
    [InlineData("250", 250)]
    [InlineData("500us", 0.5)]
    public void Durations_have_units(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ConfigurationFactory.ParseString($"t = {text}").GetTimeSpan("t"));

    [Fact]
    public void An_infinite_duration_is_read_where_it_is_allowed()
    {
        Config config = "t = infinite, bad = 5 parsecs, negative = -1s";
        Assert.Equal(Timeout.InfiniteTimeSpan, config.GetTimeSpan("t"));
        Assert.Throws<FormatException>(() => config.GetTimeSpan("t", allowInfinite: false));
        Assert.Contains("bad", Assert.Throws<FormatException>(() => config.GetTimeSpan("bad")).Message);
        Assert.Throws<FormatException>(() => config.GetTimeSpan("negative"));
        Assert.Equal(TimeSpan.FromSeconds(3), config.GetTimeSpan("nowhere", TimeSpan.FromSeconds(3)));
    }

    [Theory]
    [InlineData("128000b", 128_000)]
    [InlineData("10", 10)]
    [InlineData("1 kB", 1_000)]
    [InlineData("1 KiB", 1_024)]
    [InlineData("1k", 1_024)]
    [InlineData("2 MB", 2_000_000)]
    [InlineData("2 MiB", 2_097_152)]
    [InlineData("1.5G", 1_610_612_736)]
    public void Sizes_have_units(string text, long bytes) => Assert.Equal(bytes, ConfigurationFactory.ParseString($"s = {text}").GetByteSize("s"));

    [Fact]
    public void Numbers_and_switches_are_read_and_defaults_given()
    {
        Config config = "i = 3, l = 4294967296, d = 1.25, on = on, yes = yes, no = off, hex = 0x10, null = null";
        Assert.Equal(3, config.GetInt("i"));
        Assert.Equal(4294967296, config.GetLong("l"));
        Assert.Equal(1.25, config.GetDouble("d"));
        Assert.Equal(1.25m, config.GetDecimal("d"));
        Assert.Equal(16, config.GetInt("hex"));
        Assert.True(config.GetBoolean("on") && config.GetBoolean("yes") && !config.GetBoolean("no", true));
        Assert.Null(config.GetString("null"));
        Assert.Equal((7, true, "x"), (config.GetInt("-", 7), config.GetBoolean("-", true), config.GetString("-", "x")));
        Assert.Throws<FormatException>(() => config.GetInt("on"));
        Assert.Throws<FormatException>(() => config.GetInt("l"));
    }

    [Fact]
    public void Fallbacks_answer_for_what_is_missing_each_in_its_turn()
    {
        var config = ConfigurationFactory.ParseString("a.x = 1")
            .WithFallback(ConfigurationFactory.ParseString("a { x = 2, y = 2 }"))
            .WithFallback(ConfigurationFactory.ParseString("a { x = 3, y = 3, z = 3 }, b = 4"));
        Assert.Equal((1, 2, 3, 4), (config.GetInt("a.x"), config.GetInt("a.y"), config.GetInt("a.z"), config.GetInt("b")));
        var a = config.GetConfig("a");
        Assert.Equal((1, 2, 3), (a.GetInt("x"), a.GetInt("y"), a.GetInt("z")));
        Assert.Equal(["x", "y", "z"], a.AsEnumerable().Select(item => item.Key));
        Assert.False(config.HasPath("a.w"));
    }

    [Fact]
    public void What_is_not_there_is_null_or_empty()
    {
        Config config = "a = 1";
        Assert.Null(config.GetConfig("nowhere"));
        Assert.True(config.GetConfig("nowhere").IsNullOrEmpty());
        Assert.Empty(config.GetStringList("nowhere"));
        Assert.True(Config.Empty.IsEmpty);
        Assert.Same(config, config.WithFallback(Config.Empty));
        Assert.Throws<ArgumentException>(() => config.WithFallback(config));
        Assert.Equal(1, ((Config?)null).SafeWithFallback(config).GetInt("a"));
    }

    [Fact]
    public void A_value_can_be_put_under_a_key()
    {
        var config = ConfigurationFactory.ParseString("a.b.c = 1").GetValue("a.b").AtKey("x");
        Assert.Equal(1, config.GetInt("x.c"));
    }

    [Fact]
    public void A_configuration_is_made_of_an_object() =>
        Assert.Equal(2, ConfigurationFactory.FromObject(new { a = new { b = 2 }, list = new[] { "x" } }).GetInt("a.b"));

    [Fact]
    public void The_text_of_a_configuration_can_be_read_again()
    {
        Config config = "a { b = \"x y\", \"c.d\" = [1, 2] }";
        var again = ConfigurationFactory.ParseString(config.ToString());
        Assert.Equal("x y", again.GetString("a.b"));
        Assert.Equal([1, 2], again.GetIntList("a.\"c.d\""));
    }

    [Fact]
    public void Looking_a_number_up_allocates_nothing()
    {
        var config = ConfigurationFactory.ParseString("x = 1").WithFallback(ConfigurationFactory.ParseString("a.b.c = 5"));
        config.GetInt("a.b.c");
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) config.GetInt("a.b.c");
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void The_defaults_of_the_engine_are_those_of_akka()
    {
        var config = ConfigurationFactory.Default();
        Assert.Equal(TimeSpan.FromMilliseconds(10), config.GetTimeSpan("akka.scheduler.tick-duration"));
        Assert.Equal(30, config.GetInt("akka.actor.default-dispatcher.throughput"));
        Assert.Equal("akka.actor.mailbox.logger-queue", config.GetString("akka.actor.mailbox.requirements.\"Akka.Event.ILoggerMessageQueueSemantics\""));
        Assert.Equal(["before-actor-system-terminate"], config.GetStringList("akka.coordinated-shutdown.phases.actor-system-terminate.depends-on"));
    }
}

using Akka.Remote;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Who is judged to be up, by heartbeats on a clock of our own.</summary>
public sealed class FailureDetectorSpec
{
    private long _now = 1_000_000;

    private PhiAccrualFailureDetector Phi(double threshold = 8, TimeSpan pause = default) =>
        new(threshold, 1000, TimeSpan.FromMilliseconds(100), pause, TimeSpan.FromSeconds(1), () => _now);

    [Fact]
    public void Phi_follows_the_normal_distribution()
    {
        // -log10(1 - cdf) of a normal distribution with mean 1000 and deviation 100
        foreach (var (elapsed, expected) in new[] { (1000, 0.301), (1100, 0.799), (1200, 1.643), (1300, 2.87), (900, 0.075) })
            Assert.Equal(expected, PhiAccrualFailureDetector.PhiOf(elapsed, 1000, 100), 0.05);
        Assert.True(PhiAccrualFailureDetector.PhiOf(10_000, 1000, 100) > 100);
    }

    [Fact]
    public void Regular_heartbeats_keep_a_resource_available_and_their_absence_ends_that()
    {
        var detector = Phi();
        Assert.False(detector.IsMonitoring);
        Assert.True(detector.IsAvailable);

        for (var i = 0; i < 20; i++)
        {
            detector.HeartBeat();
            _now += 1000;
            Assert.True(detector.IsAvailable);
        }

        Assert.True(detector.IsMonitoring);
        _now += 2000;
        Assert.False(detector.IsAvailable);
        detector.HeartBeat();
        Assert.True(detector.IsAvailable);
    }

    [Fact]
    public void An_acceptable_pause_is_accepted()
    {
        var detector = Phi(pause: TimeSpan.FromSeconds(3));
        for (var i = 0; i < 10; i++)
        {
            detector.HeartBeat();
            _now += 1000;
        }

        _now += 2500;
        Assert.True(detector.IsAvailable);
        _now += 2500;
        Assert.False(detector.IsAvailable);
    }

    [Fact]
    public void A_deadline_is_a_deadline()
    {
        var detector = new DeadlineFailureDetector(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(1), () => _now);
        Assert.True(detector.IsAvailable);
        Assert.False(detector.IsMonitoring);

        detector.HeartBeat();
        _now += 5000;
        Assert.True(detector.IsAvailable);
        _now += 1;
        Assert.False(detector.IsAvailable);
    }

    [Fact]
    public void A_registry_judges_each_resource_by_itself()
    {
        var registry = new DefaultFailureDetectorRegistry<string>(() => new DeadlineFailureDetector(TimeSpan.FromSeconds(1), () => _now));
        Assert.True(registry.IsAvailable("unknown"));

        registry.Heartbeat("a");
        _now += 900;
        registry.Heartbeat("b");
        _now += 900;

        Assert.False(registry.IsAvailable("a"));
        Assert.True(registry.IsAvailable("b"));
        registry.Remove("a");
        Assert.False(registry.IsMonitoring("a"));
        Assert.True(registry.IsAvailable("a"));
        registry.Reset();
        Assert.False(registry.IsMonitoring("b"));
    }

    [Fact]
    public void Parameters_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Phi(threshold: 0));
        Assert.Throws<ArgumentException>(() => Phi(pause: TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentException>(() => new DeadlineFailureDetector(TimeSpan.FromSeconds(-1)));
    }
}

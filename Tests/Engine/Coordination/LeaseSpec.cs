using Akka.Actor;
using Akka.Configuration;
using Akka.Coordination;

namespace Mooring.Tests.Engine.CoordinationSpecs;

public sealed class LeaseSpec : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("leases", ConfigurationFactory.ParseString("""
        akka { loglevel = OFF, stdout-loglevel = OFF, coordinated-shutdown.run-by-clr-shutdown-hook = off }
        with-system { lease-class = "Mooring.Tests.Engine.CoordinationSpecs.LeaseSpec+WithSystem, Mooring.Tests.Engine", own-key = 7 }
        plain { lease-class = "Mooring.Tests.Engine.CoordinationSpecs.LeaseSpec+Plain, Mooring.Tests.Engine"
                heartbeat-timeout = 60s, heartbeat-interval = 2s, lease-operation-timeout = 3s }
        unknown { lease-class = "No.Such.Type, Nowhere" }
        empty { }
        """));

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _system.Terminate();

    [Fact]
    public void A_lease_is_made_by_the_class_of_its_section_and_sees_its_settings()
    {
        var lease = LeaseProvider.Get(_system).GetLease("name", "with-system", "owner");
        Assert.Same(_system, Assert.IsType<WithSystem>(lease).System);
        Assert.Equal("name", lease.Settings.LeaseName);
        Assert.Equal("owner", lease.Settings.OwnerName);
        Assert.Equal(7, lease.Settings.LeaseConfig.GetInt("own-key"));
    }

    [Fact]
    public void Times_come_from_the_section_and_else_from_the_defaults()
    {
        var own = LeaseProvider.Get(_system).GetLease("name", "plain", "owner").Settings.TimeoutSettings;
        Assert.Equal((2, 60, 3), (own.HeartbeatInterval.TotalSeconds, own.HeartbeatTimeout.TotalSeconds, own.OperationTimeout.TotalSeconds));
        var defaults = LeaseProvider.Get(_system).GetLease("name", "with-system", "owner").Settings.TimeoutSettings;
        Assert.Equal((12, 120, 5), (defaults.HeartbeatInterval.TotalSeconds, defaults.HeartbeatTimeout.TotalSeconds, defaults.OperationTimeout.TotalSeconds));
    }

    [Fact]
    public void The_same_name_section_and_owner_are_the_same_lease()
    {
        var provider = LeaseProvider.Get(_system);
        Assert.Same(provider.GetLease("a", "plain", "x"), provider.GetLease("a", "plain", "x"));
        Assert.NotSame(provider.GetLease("a", "plain", "x"), provider.GetLease("a", "plain", "y"));
        Assert.NotSame(provider.GetLease("a", "plain", "x"), provider.GetLease("b", "plain", "x"));
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("empty")]
    [InlineData("no-such-section")]
    public void A_section_without_a_usable_class_is_refused(string section) =>
        Assert.Throws<ArgumentException>(() => LeaseProvider.Get(_system).GetLease("name", section, "owner"));

    [Fact]
    public void One_lost_renewal_must_not_lose_the_lease() =>
        Assert.Throws<ArgumentException>(() => TimeoutSettings.Create("heartbeat-interval = 5s, heartbeat-timeout = 10s"));

    [Fact]
    public void The_interval_follows_the_timeout_when_it_is_not_given() =>
        Assert.Equal(TimeSpan.FromSeconds(6), TimeoutSettings.Create("heartbeat-timeout = 60s").HeartbeatInterval);

    public sealed class WithSystem(LeaseSettings settings, ExtendedActorSystem system) : Plain(settings)
    {
        public ExtendedActorSystem System => system;
    }

    public class Plain(LeaseSettings settings) : Lease(settings)
    {
        public override Task<bool> Acquire() => Task.FromResult(true);

        public override Task<bool> Acquire(Action<Exception?> leaseLostCallback) => Task.FromResult(true);

        public override Task<bool> Release() => Task.FromResult(true);

        public override bool CheckLease() => true;
    }
}

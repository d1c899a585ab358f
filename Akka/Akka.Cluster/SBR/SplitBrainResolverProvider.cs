using Akka.Actor;
using Akka.Coordination;

namespace Akka.Cluster.SBR;

/// <summary>The split brain resolver as downing provider.</summary>
public class SplitBrainResolverProvider : IDowningProvider
{
    private readonly ActorSystem _system;
    private readonly Cluster _cluster;
    private readonly SplitBrainResolverSettings _settings;

    public SplitBrainResolverProvider(ActorSystem system, Cluster cluster)
    {
        _system = system;
        _cluster = cluster;
        _settings = new SplitBrainResolverSettings(system.Settings.Config);
    }

    /// <summary><c>akka.cluster.down-removal-margin</c> when it is set, else stable-after: by then the downed side has decided as well.</summary>
    public TimeSpan DownRemovalMargin
    {
        get
        {
            var margin = _system.Settings.Config.GetString("akka.cluster.down-removal-margin")?.Trim().ToLowerInvariant();
            return margin is null or "" or "off" or "false" or "no"
                ? _settings.DowningStableAfter
                : _system.Settings.Config.GetTimeSpan("akka.cluster.down-removal-margin");
        }
    }

    public Props DowningActorProps
    {
        get
        {
            var cluster = _cluster;
            var settings = _settings;
            DowningStrategy strategy = settings.DowningStrategy switch
            {
                SplitBrainResolverSettings.KeepMajorityName => new KeepMajorityStrategy(settings.KeepMajorityRole),
                SplitBrainResolverSettings.StaticQuorumName =>
                    new StaticQuorumStrategy(settings.StaticQuorumSettings.Size, settings.StaticQuorumSettings.Role),
                SplitBrainResolverSettings.KeepOldestName =>
                    new KeepOldestStrategy(settings.KeepOldestSettings.DownIfAlone, settings.KeepOldestSettings.Role),
                SplitBrainResolverSettings.LeaseMajorityName =>
                    new LeaseMajorityStrategy(settings.LeaseMajoritySettings.Role, settings.LeaseMajoritySettings.AcquireLeaseDelayForMinority),
                _ => new DownAllStrategy(),
            };
            return Props.Create(() => new SplitBrainResolver(cluster, settings, strategy, null));
        }
    }

    internal static Lease CreateLease(Cluster cluster, LeaseMajoritySettings settings) =>
        LeaseProvider.Get(cluster.System).GetLease(
            settings.SafeLeaseName(cluster.System.Name), settings.LeaseImplementation, cluster.SelfAddress.HostPort());
}

using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Coordination;

/// <summary>Creates leases from their configuration section; one instance for a name, section and owner.</summary>
public class LeaseProvider : IExtension
{
    private readonly ExtendedActorSystem _system;
    private readonly ILoggingAdapter _log;
    private readonly ConcurrentDictionary<(string Name, string Path, string Owner), Lazy<Lease>> _leases = new();

    public LeaseProvider(ExtendedActorSystem system)
    {
        _system = system;
        _log = Logging.GetLogger(system, nameof(LeaseProvider));
    }

    public static LeaseProvider Get(ActorSystem system) => system.WithExtension<LeaseProvider, LeaseProviderExtensionProvider>();

    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource("Akka.Coordination.reference.conf", typeof(LeaseProvider).Assembly);

    /// <summary>The lease of that name for that owner, made by the implementation that the section at <paramref name="configPath"/> names.</summary>
    /// <exception cref="ArgumentException">The section names no usable lease class.</exception>
    public Lease GetLease(string leaseName, string configPath, string ownerName) =>
        _leases.GetOrAdd((leaseName, configPath, ownerName), key => new Lazy<Lease>(() => Create(key.Name, key.Path, key.Owner))).Value;

    private Lease Create(string leaseName, string configPath, string ownerName)
    {
        var config = (_system.Settings.Config.GetConfig(configPath) ?? Config.Empty)
            .SafeWithFallback(_system.Settings.Config.GetConfig("akka.coordination.lease"))
            .SafeWithFallback(DefaultConfig().GetConfig("akka.coordination.lease"));
        var className = config.GetString("lease-class");
        if (string.IsNullOrWhiteSpace(className))
            throw new ArgumentException($"lease-class is not set in [{configPath}]", nameof(configPath));
        var type = Type.GetType(className) ?? throw new ArgumentException($"lease-class [{className}] of [{configPath}] is not a known type", nameof(configPath));
        var settings = LeaseSettings.Create(config, leaseName, ownerName);
        try
        {
            var withSystem = type.GetConstructor([typeof(LeaseSettings), typeof(ExtendedActorSystem)]);
            return (Lease)(withSystem?.Invoke([settings, _system]) ?? Activator.CreateInstance(type, settings)!);
        }
        catch (Exception e)
        {
            _log.Error(e, "Invalid lease configuration for leaseName [{0}], configPath [{1}], lease-class [{2}]: a lease needs a constructor "
                + "(LeaseSettings, ExtendedActorSystem) or (LeaseSettings).", leaseName, configPath, className);
            throw;
        }
    }
}

/// <summary>Creates the <see cref="LeaseProvider"/> of an actor system.</summary>
public class LeaseProviderExtensionProvider : ExtensionIdProvider<LeaseProvider>
{
    public override LeaseProvider CreateExtension(ExtendedActorSystem system) => new(system);
}

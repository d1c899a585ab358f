using Akka.Actor;
using Akka.Configuration;

namespace Akka.Persistence;

/// <summary>Extension id of persistence: <c>Persistence.Instance.Apply(system)</c>.</summary>
public class Persistence : ExtensionIdProvider<PersistenceExtension>
{
    /// <summary>The one extension id.</summary>
    public static Persistence Instance { get; } = new();

    /// <inheritdoc />
    public override PersistenceExtension CreateExtension(ExtendedActorSystem system) => new(system);

    /// <summary>The package's reference configuration.</summary>
    public static Config DefaultConfig() =>
        ConfigurationFactory.FromResource("Akka.Persistence.reference.conf", typeof(Persistence).Assembly);
}

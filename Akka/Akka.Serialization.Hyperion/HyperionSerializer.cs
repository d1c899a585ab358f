using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization.Hyperion;
using Akka.Serialization.Hyperion.Format;

namespace Akka.Serialization;

/// <summary>
/// Polymorphic binary serializer for messages between nodes that run the same program. Objects are written by their fields; the name
/// of each type is checked against the allowed types before anything of it is built. The format is this engine's own and private
/// to a cluster: data that must outlive a version belongs to a serializer with manifests.
/// </summary>
public class HyperionSerializer : Serializer
{
    private const string SettingsPath = "akka.actor.serialization-settings.hyperion";

    /// <summary>The settings in force.</summary>
    public readonly HyperionSerializerSettings Settings;

    private readonly ShapeRegistry _shapes;

    /// <summary>A serializer with the settings of the actor system's configuration.</summary>
    public HyperionSerializer(ExtendedActorSystem system)
        : this(system, system.Settings.Config.GetConfig(SettingsPath))
    {
    }

    /// <summary>A serializer with the settings of the given section, and of <see cref="HyperionSerializerSetup"/> where there is one.</summary>
    public HyperionSerializer(ExtendedActorSystem system, Config config)
        : this(system, HyperionSerializerSettings.Create((config ?? Config.Empty).WithFallback(DefaultConfiguration().GetConfig(SettingsPath))))
    {
    }

    /// <summary>A serializer with the given settings, and of <see cref="HyperionSerializerSetup"/> where there is one.</summary>
    public HyperionSerializer(ExtendedActorSystem system, HyperionSerializerSettings settings)
        : base(system)
    {
        var setup = system?.Settings?.Setup?.Get<HyperionSerializerSetup>();
        Settings = setup is { HasValue: true } ? setup.Value.Value.ApplySettings(settings) : settings;
        _shapes = new ShapeRegistry(Settings);
    }

    /// <inheritdoc />
    public override int Identifier => -5;

    /// <inheritdoc />
    public override bool IncludeManifest => false;

    /// <summary>The defaults of this package.</summary>
    public static Config DefaultConfiguration() =>
        ConfigurationFactory.FromResource<HyperionSerializer>("Akka.Serialization.Hyperion.reference.conf");

    /// <inheritdoc />
    public override byte[] ToBinary(object obj)
    {
        var writer = PayloadWriter.Rent(_shapes, system);
        try
        {
            writer.WritePayload(obj);
            return writer.ToArray();
        }
        catch (InvalidCastException cause)
        {
            throw new SerializationException($"Failed to serialize instance of type {obj?.GetType()}: {cause.Message}", cause);
        }
        finally
        {
            writer.Return();
        }
    }

    /// <inheritdoc />
    public override object FromBinary(byte[] bytes, Type? type)
    {
        var reader = PayloadReader.Rent(_shapes, system, bytes);
        try
        {
            return reader.ReadPayload()!;
        }
        catch (Exception cause) when (cause is not SerializationException and not OutOfMemoryException)
        {
            // Bytes from outside: whatever they make fail is one error of the payload, never of the process.
            throw new SerializationException($"Failed to deserialize a payload of {bytes.Length} bytes: {cause.Message}", cause);
        }
        finally
        {
            reader.Return();
        }
    }
}

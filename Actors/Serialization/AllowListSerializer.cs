using System.Collections.Frozen;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Mooring.Actors.Serialization;

/// <summary>
/// A serializer of Akka.NET's that makes an object of whatever type a payload names, held to an allow-list (akka.hocon): only what has one of those
/// manifests is read. It writes as before, and under the same id.
/// </summary>
public sealed class AllowListSerializer : SerializerWithStringManifest
{
    private readonly Serializer _serializer;
    private readonly FrozenSet<string> _allowed;

    /// <summary>Made by the actor system from its configuration.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="config"><c>serializer</c>, the type that writes and reads, and <c>allowed-manifests</c>.</param>
    public AllowListSerializer(ExtendedActorSystem system, Config config)
        : base(system)
    {
        ArgumentNullException.ThrowIfNull(config);
        _serializer = (Serializer)Activator.CreateInstance(Type.GetType(config.GetString("serializer"), throwOnError: true)!, system)!;
        _allowed = config.GetStringList("allowed-manifests").ToFrozenSet(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public override int Identifier => _serializer.Identifier;

    /// <inheritdoc/>
    public override string Manifest(object o) => Akka.Serialization.Serialization.ManifestFor(_serializer, o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => _serializer.ToBinary(obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!_allowed.Contains(manifest))
            throw new SerializationException($"{_serializer.GetType().Name} is not allowed to read '{manifest}'");
        return _serializer is SerializerWithStringManifest named ? named.FromBinary(bytes, manifest) : _serializer.FromBinary(bytes, Type.GetType(manifest, throwOnError: true)!);
    }
}

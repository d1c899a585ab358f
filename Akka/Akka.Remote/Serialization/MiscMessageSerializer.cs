using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Akka.Remote.Serialization;

/// <summary>The engine's small public messages.</summary>
public sealed class MiscMessageSerializer : SerializerWithStringManifest
{
    private const string IdentifyManifest = "ID";
    private const string ActorIdentityManifest = "AID";
    private const string ActorRefManifest = "AR";
    private const string PoisonPillManifest = "PP";
    private const string KillManifest = "K";
    private const string StatusSuccessManifest = "SS";
    private const string StatusFailureManifest = "SF";
    private const string AddressManifest = "AD";
    private const string RemoteScopeManifest = "RS";
    private const string ConfigManifest = "CF";
    private const string HeartbeatManifest = "RWHB";
    private const string HeartbeatRspManifest = "RWHR";

    /// <summary>A serializer of the actor system.</summary>
    public MiscMessageSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <inheritdoc />
    public override string Manifest(object obj) =>
        obj switch
        {
            Identify => IdentifyManifest,
            ActorIdentity => ActorIdentityManifest,
            IActorRef => ActorRefManifest,
            PoisonPill => PoisonPillManifest,
            Kill => KillManifest,
            Status.Success => StatusSuccessManifest,
            Status.Failure => StatusFailureManifest,
            Address => AddressManifest,
            RemoteScope => RemoteScopeManifest,
            Config => ConfigManifest,
            RemoteWatcher.Heartbeat => HeartbeatManifest,
            RemoteWatcher.HeartbeatRsp => HeartbeatRspManifest,
            _ => throw new ArgumentException($"Cannot serialize object of type [{obj?.GetType()}]", nameof(obj)),
        };

    /// <inheritdoc />
    public override byte[] ToBinary(object obj)
    {
        if (obj is PoisonPill or Kill or RemoteWatcher.Heartbeat)
            return [];
        using var writer = new WireWriter();
        switch (obj)
        {
            case Identify identify:
                writer.WritePayload(system, identify.MessageId);
                break;
            case ActorIdentity identity:
                writer.WritePayload(system, identity.MessageId);
                writer.WriteActorRef(identity.Subject);
                break;
            case IActorRef actorRef:
                writer.WriteActorRef(actorRef);
                break;
            case Status.Success success:
                writer.WritePayload(system, success.Status);
                break;
            case Status.Failure failure:
                ExceptionSupport.Write(writer, failure.Cause);
                writer.WritePayload(system, failure.State);
                break;
            case Address address:
                writer.WriteAddress(address);
                break;
            case RemoteScope scope:
                writer.WriteAddress(scope.Address);
                break;
            case Config config:
                writer.WriteString(config.Root.ToString());
                break;
            case RemoteWatcher.HeartbeatRsp rsp:
                writer.WriteInt32(rsp.AddressUid);
                break;
            default:
                throw new ArgumentException($"Cannot serialize object of type [{obj?.GetType()}]", nameof(obj));
        }

        return writer.ToArray();
    }

    /// <inheritdoc />
    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        return manifest switch
        {
            IdentifyManifest => new Identify(reader.ReadPayload(system)),
            ActorIdentityManifest => new ActorIdentity(reader.ReadPayload(system), reader.ReadActorRef(system)),
            ActorRefManifest => reader.ReadActorRef(system) ?? ActorRefs.Nobody,
            PoisonPillManifest => PoisonPill.Instance,
            KillManifest => Kill.Instance,
            StatusSuccessManifest => new Status.Success(reader.ReadPayload(system)),
            StatusFailureManifest => new Status.Failure(ExceptionSupport.Read(ref reader)!, reader.ReadPayload(system)),
            AddressManifest => reader.ReadAddress(),
            RemoteScopeManifest => new RemoteScope(reader.ReadAddress()),
            ConfigManifest => ConfigurationFactory.ParseString(reader.ReadString() ?? ""),
            HeartbeatManifest => RemoteWatcher.Heartbeat.Instance,
            HeartbeatRspManifest => new RemoteWatcher.HeartbeatRsp(reader.ReadInt32()),
            _ => throw new SerializationException($"Unimplemented deserialization of message with manifest [{manifest}] in [{nameof(MiscMessageSerializer)}]"),
        };
    }
}

using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace Akka.Cluster.Tools.PublishSubscribe.Serialization;

/// <summary>Serializer (id 9) of the messages between mediators and of those that clients outside the cluster send to them.</summary>
public class DistributedPubSubMessageSerializer : SerializerWithStringManifest
{
    private const string StatusManifest = "A";
    private const string DeltaManifest = "B";
    private const string SendManifest = "C";
    private const string SendToAllManifest = "D";
    private const string PublishManifest = "E";
    private const string SendToOneSubscriberManifest = "F";

    public DistributedPubSubMessageSerializer(ExtendedActorSystem system) : base(system) { }

    public override int Identifier => 9;

    public override byte[] ToBinary(object obj)
    {
        using var writer = new WireWriter();
        switch (obj)
        {
            case Status status:
                writer.WriteBoolean(status.IsReplyToStatus);
                writer.WriteVarUInt((ulong)status.Versions.Count);
                foreach (var (address, version) in status.Versions)
                {
                    writer.WriteAddress(address);
                    writer.WriteVarInt(version);
                }
                break;
            case Delta delta:
                writer.WriteVarUInt((ulong)delta.Buckets.Count);
                foreach (var bucket in delta.Buckets) Write(writer, bucket);
                break;
            case Send send:
                writer.WriteString(send.Path);
                writer.WriteBoolean(send.LocalAffinity);
                writer.WritePayload(system, send.Message);
                break;
            case SendToAll send:
                writer.WriteString(send.Path);
                writer.WriteBoolean(send.ExcludeSelf);
                writer.WritePayload(system, send.Message);
                break;
            case Publish publish:
                writer.WriteString(publish.Topic);
                writer.WriteBoolean(publish.SendOneMessageToEachGroup);
                writer.WritePayload(system, publish.Message);
                break;
            case SendToOneSubscriber send:
                writer.WritePayload(system, send.Message);
                break;
            default:
                throw Unknown(obj.GetType().ToString());
        }
        return writer.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        return manifest switch
        {
            StatusManifest => ReadStatus(ref reader),
            DeltaManifest => ReadDelta(ref reader),
            SendManifest => ReadSend(ref reader),
            SendToAllManifest => ReadSendToAll(ref reader),
            PublishManifest => ReadPublish(ref reader),
            SendToOneSubscriberManifest => new SendToOneSubscriber(reader.ReadPayload(system)),
            _ => throw Unknown(manifest),
        };
    }

    public override string Manifest(object o) => o switch
    {
        Status => StatusManifest,
        Delta => DeltaManifest,
        Send => SendManifest,
        SendToAll => SendToAllManifest,
        Publish => PublishManifest,
        SendToOneSubscriber => SendToOneSubscriberManifest,
        _ => throw Unknown(o.GetType().ToString()),
    };

    private static void Write(WireWriter writer, Bucket bucket)
    {
        writer.WriteAddress(bucket.Owner);
        writer.WriteVarInt(bucket.Version);
        writer.WriteVarUInt((ulong)bucket.Content.Count);
        foreach (var (path, registration) in bucket.Content)
        {
            writer.WriteString(path);
            writer.WriteVarInt(registration.Version);
            writer.WriteActorRef(registration.Ref);
        }
    }

    private static Status ReadStatus(ref WireReader reader)
    {
        var isReply = reader.ReadBoolean();
        var versions = ImmutableDictionary.CreateBuilder<Address, long>();
        for (var left = reader.ReadCount(); left > 0; left--) versions[reader.ReadAddress()] = reader.ReadVarInt();
        return new Status(versions.ToImmutable(), isReply);
    }

    private Delta ReadDelta(ref WireReader reader)
    {
        var buckets = ImmutableList.CreateBuilder<Bucket>();
        for (var left = reader.ReadCount(); left > 0; left--)
        {
            var owner = reader.ReadAddress();
            var version = reader.ReadVarInt();
            var content = ImmutableDictionary.CreateBuilder<string, Registration>(StringComparer.Ordinal);
            for (var entries = reader.ReadCount(); entries > 0; entries--)
                content[reader.ReadString() ?? ""] = new Registration(reader.ReadVarInt(), reader.ReadActorRef(system));
            buckets.Add(new Bucket(owner, version, content.ToImmutable()));
        }
        return new Delta(buckets.ToImmutable());
    }

    private Send ReadSend(ref WireReader reader)
    {
        var path = reader.ReadString() ?? "";
        var localAffinity = reader.ReadBoolean();
        return new Send(path, reader.ReadPayload(system), localAffinity);
    }

    private SendToAll ReadSendToAll(ref WireReader reader)
    {
        var path = reader.ReadString() ?? "";
        var excludeSelf = reader.ReadBoolean();
        return new SendToAll(path, reader.ReadPayload(system), excludeSelf);
    }

    private Publish ReadPublish(ref WireReader reader)
    {
        var topic = reader.ReadString() ?? "";
        var oneToEachGroup = reader.ReadBoolean();
        return new Publish(topic, reader.ReadPayload(system), oneToEachGroup);
    }

    private static SerializationException Unknown(string what) =>
        new($"Can't serialize or deserialize [{what}] in [{nameof(DistributedPubSubMessageSerializer)}]");
}

using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace Akka.Cluster.Tools.Client.Serialization;

/// <summary>Serializer (id 15) of the messages between clients and receptionists.</summary>
public class ClusterClientMessageSerializer : SerializerWithStringManifest
{
    private const string ContactsManifest = "A";
    private const string GetContactsManifest = "B";
    private const string HeartbeatManifest = "C";
    private const string HeartbeatRspManifest = "D";
    private const string ReceptionistShutdownManifest = "E";
    private const string SendManifest = "F";
    private const string SendToAllManifest = "G";
    private const string PublishManifest = "H";

    public ClusterClientMessageSerializer(ExtendedActorSystem system) : base(system) { }

    public override int Identifier => 15;

    public override byte[] ToBinary(object obj)
    {
        using var writer = new WireWriter();
        switch (obj)
        {
            case GetContacts or Heartbeat or HeartbeatRsp or ReceptionistShutdown:
                return [];
            case Contacts contacts:
                writer.WriteVarUInt((ulong)contacts.ContactPoints.Count);
                foreach (var contact in contacts.ContactPoints) writer.WriteString(contact);
                break;
            case ClusterClient.Send send:
                writer.WriteString(send.Path);
                writer.WriteBoolean(send.LocalAffinity);
                writer.WritePayload(system, send.Message);
                break;
            case ClusterClient.SendToAll send:
                writer.WriteString(send.Path);
                writer.WritePayload(system, send.Message);
                break;
            case ClusterClient.Publish publish:
                writer.WriteString(publish.Topic);
                writer.WritePayload(system, publish.Message);
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
            GetContactsManifest => GetContacts.Instance,
            HeartbeatManifest => Heartbeat.Instance,
            HeartbeatRspManifest => HeartbeatRsp.Instance,
            ReceptionistShutdownManifest => ReceptionistShutdown.Instance,
            ContactsManifest => ReadContacts(ref reader),
            SendManifest => ReadSend(ref reader),
            SendToAllManifest => ReadSendToAll(ref reader),
            PublishManifest => ReadPublish(ref reader),
            _ => throw Unknown(manifest),
        };
    }

    public override string Manifest(object o) => o switch
    {
        Contacts => ContactsManifest,
        GetContacts => GetContactsManifest,
        Heartbeat => HeartbeatManifest,
        HeartbeatRsp => HeartbeatRspManifest,
        ReceptionistShutdown => ReceptionistShutdownManifest,
        ClusterClient.Send => SendManifest,
        ClusterClient.SendToAll => SendToAllManifest,
        ClusterClient.Publish => PublishManifest,
        _ => throw Unknown(o.GetType().ToString()),
    };

    private static Contacts ReadContacts(ref WireReader reader)
    {
        var contacts = ImmutableList.CreateBuilder<string>();
        for (var left = reader.ReadCount(); left > 0; left--) contacts.Add(reader.ReadString() ?? "");
        return new Contacts(contacts.ToImmutable());
    }

    private ClusterClient.Send ReadSend(ref WireReader reader)
    {
        var path = reader.ReadString() ?? "";
        var localAffinity = reader.ReadBoolean();
        return new ClusterClient.Send(path, reader.ReadPayload(system), localAffinity);
    }

    private ClusterClient.SendToAll ReadSendToAll(ref WireReader reader)
    {
        var path = reader.ReadString() ?? "";
        return new ClusterClient.SendToAll(path, reader.ReadPayload(system));
    }

    private ClusterClient.Publish ReadPublish(ref WireReader reader)
    {
        var topic = reader.ReadString() ?? "";
        return new ClusterClient.Publish(topic, reader.ReadPayload(system));
    }

    private static SerializationException Unknown(string what) =>
        new($"Can't serialize or deserialize [{what}] in [{nameof(ClusterClientMessageSerializer)}]");
}

using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Akka.Cluster.Tools.Singleton.Serialization;

/// <summary>Serializer (id 14) of the hand-over messages; they are all in the manifest.</summary>
public class ClusterSingletonMessageSerializer : SerializerWithStringManifest
{
    private const string HandOverToMeManifest = "A";
    private const string HandOverInProgressManifest = "B";
    private const string HandOverDoneManifest = "C";
    private const string TakeOverFromMeManifest = "D";

    public ClusterSingletonMessageSerializer(ExtendedActorSystem system) : base(system) { }

    public override int Identifier => 14;

    public override byte[] ToBinary(object obj) =>
        obj is HandOverToMe or HandOverInProgress or HandOverDone or TakeOverFromMe ? [] : throw Unknown(obj.GetType().ToString());

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        HandOverToMeManifest => HandOverToMe.Instance,
        HandOverInProgressManifest => HandOverInProgress.Instance,
        HandOverDoneManifest => HandOverDone.Instance,
        TakeOverFromMeManifest => TakeOverFromMe.Instance,
        _ => throw Unknown(manifest),
    };

    public override string Manifest(object o) => o switch
    {
        HandOverToMe => HandOverToMeManifest,
        HandOverInProgress => HandOverInProgressManifest,
        HandOverDone => HandOverDoneManifest,
        TakeOverFromMe => TakeOverFromMeManifest,
        _ => throw Unknown(o.GetType().ToString()),
    };

    private static SerializationException Unknown(string what) => new($"Can't serialize or deserialize [{what}] in [{nameof(ClusterSingletonMessageSerializer)}]");
}

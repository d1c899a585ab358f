using System.Collections.Frozen;
using System.Runtime.Serialization;
using System.Text.Json;
using Akka.Actor;
using Akka.Serialization;
using Mooring.Actors.Files;
using Mooring.Actors.Requests;
using Mooring.Actors.Vip;
using Mooring.Actors.Volumes;
using Mooring.Messages;

namespace Mooring.Actors.Serialization;

/// <summary>
/// Writes everything of Mooring's that crosses the network or enters a journal. Each type has a manifest of its own that never changes;
/// types and fields are added, never taken away or renamed.
/// </summary>
public sealed class MooringSerializer : SerializerWithStringManifest
{
    private static readonly FrozenDictionary<string, Type> Types = new Dictionary<string, Type>
    {
        ["announce-operation"] = typeof(AnnounceOperation),
        ["check-store"] = typeof(CheckStore),
        ["store-checked"] = typeof(StoreChecked),
        ["confirm-delivery"] = typeof(ConfirmDelivery),
        ["confirm-hold"] = typeof(ConfirmHold),
        ["execute-operation"] = typeof(ExecuteOperation),
        ["get-membership"] = typeof(GetMembership),
        ["membership-told"] = typeof(MembershipTold),
        ["get-nodes"] = typeof(GetNodes),
        ["get-operation"] = typeof(GetOperation),
        ["get-operations"] = typeof(GetOperations),
        ["await-operation"] = typeof(AwaitOperation),
        ["cancel-operation"] = typeof(CancelOperation),
        ["cancellation-asked"] = typeof(CancellationAsked),
        ["watch-operation"] = typeof(WatchOperation),
        ["get-rows"] = typeof(GetRows),
        ["get-vip-history"] = typeof(GetVipHistory),
        ["get-volume"] = typeof(GetVolume),
        ["get-volumes"] = typeof(GetVolumes),
        ["hold-source"] = typeof(HoldSource),
        ["drain-node"] = typeof(DrainNode),
        ["resume-node"] = typeof(ResumeNode),
        ["move-vip"] = typeof(MoveVip),
        ["node-ordered"] = typeof(NodeOrdered),
        ["vip-offered"] = typeof(VipOffered),
        ["take-vip-off"] = typeof(TakeVipOff),
        ["vip-is-off"] = typeof(VipIsOff),
        ["vip-moving"] = typeof(VipMoving),
        ["leave-for-other"] = typeof(LeaveForOther),
        ["node-health-report"] = typeof(NodeHealthReport),
        ["nodes-listed"] = typeof(NodesListed),
        ["operation-accepted"] = typeof(OperationAccepted),
        ["operation-ended"] = typeof(OperationEnded),
        ["operation-failed"] = typeof(OperationFailed),
        ["operation-finished"] = typeof(OperationFinished),
        ["operation-found"] = typeof(OperationFound),
        ["operation-progress"] = typeof(OperationProgress),
        ["operation-running"] = typeof(OperationRunning),
        ["operation-settled"] = typeof(OperationSettled),
        ["operation-started"] = typeof(OperationStarted),
        ["operation-succeeded-deleted"] = typeof(OperationSucceeded<VolumeDeleted>),
        ["operation-succeeded-volume"] = typeof(OperationSucceeded<VolumeInfo>),
        ["operations-forgotten"] = typeof(OperationsForgotten),
        ["operations-listed"] = typeof(OperationsListed),
        ["operations-snapshot"] = typeof(OperationsSnapshot),
        ["outcome-recorded"] = typeof(OutcomeRecorded),
        ["ownership-taken"] = typeof(OwnershipTaken),
        ["peer-vote"] = typeof(PeerVote),
        ["query-failed"] = typeof(QueryFailed),
        ["release-source"] = typeof(ReleaseSource),
        ["request-accepted"] = typeof(RequestAccepted),
        ["request-finished"] = typeof(RequestFinished),
        ["result-delivered"] = typeof(ResultDelivered),
        ["archived-results"] = typeof(ArchivedResults),
        ["results-archived"] = typeof(ResultsArchived),
        ["results-dropped"] = typeof(ResultsDropped),
        ["rows-found"] = typeof(RowsFound),
        ["source-held"] = typeof(SourceHeld),
        ["source-hold-answered"] = typeof(SourceHoldAnswered),
        ["source-hold-released"] = typeof(SourceHoldReleased),
        ["source-released"] = typeof(SourceReleased),
        ["stop-volume"] = typeof(StopVolume),
        ["submit-operation"] = typeof(SubmitOperation),
        ["vip-history"] = typeof(VipHistory),
        ["volume-found"] = typeof(VolumeFound),
        ["volume-snapshot"] = typeof(VolumeSnapshot),
        ["volumes-listed"] = typeof(VolumesListed),
        ["access-granted"] = typeof(AccessGranted),
        ["area-report"] = typeof(AreaReport),
        ["assign-area"] = typeof(AssignArea),
        ["check-area"] = typeof(CheckArea),
        ["create-file-system"] = typeof(CreateFileSystem),
        ["data-node-report"] = typeof(DataNodeReport),
        ["delete-file-system"] = typeof(DeleteFileSystem),
        ["file-system-abandoned"] = typeof(FileSystemAbandoned),
        ["file-system-deleted"] = typeof(FileSystemDeleted),
        ["file-system-found"] = typeof(FileSystemFound),
        ["file-system-made"] = typeof(FileSystemMade),
        ["file-system-planned"] = typeof(FileSystemPlanned),
        ["file-system-removal-begun"] = typeof(FileSystemRemovalBegun),
        ["file-system-removed"] = typeof(FileSystemRemoved),
        ["get-file-system"] = typeof(GetFileSystem),
        ["name-node-snapshot"] = typeof(NameNodeSnapshot),
        ["reader-appointed"] = typeof(ReaderAppointed),
        ["reader-dismissed"] = typeof(ReaderDismissed),
        ["request-access"] = typeof(RequestAccess),
        ["stop-name-node"] = typeof(StopNameNode),
        ["writer-admitted"] = typeof(WriterAdmitted),
        ["writer-appointed"] = typeof(WriterAppointed),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<Type, string> Manifests = Types.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>Made by the actor system from its configuration.</summary>
    /// <param name="system">The actor system.</param>
    public MooringSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <summary>Its id on the wire and in journals; never changes.</summary>
    public override int Identifier => 8470;

    /// <summary>Every type that it writes, by manifest.</summary>
    public static IReadOnlyDictionary<string, Type> KnownTypes => Types;

    /// <summary>The configuration that binds all its types to it.</summary>
    public static string Hocon
    {
        get
        {
            var bindings = Types.Values.Select(type => $"      \"{TypeName(type)}\" = mooring");
            return $$"""
                akka.actor {
                  serializers.mooring = "{{TypeName(typeof(MooringSerializer))}}"
                  serialization-identifiers."{{TypeName(typeof(MooringSerializer))}}" = 8470
                  serialization-bindings {
                {{string.Join('\n', bindings)}}
                  }
                }
                """;
        }
    }

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        Manifests.TryGetValue(o.GetType(), out var manifest) ? manifest : throw new SerializationException($"{o.GetType()} has no manifest");

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), MooringJsonContext.Default);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!Types.TryGetValue(manifest, out var type))
            throw new SerializationException($"manifest '{manifest}' is not known to this version");
        try
        {
            return JsonSerializer.Deserialize(bytes, type, MooringJsonContext.Default)
                ?? throw new SerializationException($"'{manifest}' is null");
        }
        // The latter where a member is missing that a type looks at when it is made.
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new SerializationException($"'{manifest}' is malformed: {e.Message}", e);
        }
    }

    private static string TypeName(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}

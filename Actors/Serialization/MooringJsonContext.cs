using System.Text.Json.Serialization;
using Mooring.Actors.Operations;
using Mooring.Actors.Volumes;
using Mooring.Messages;

namespace Mooring.Actors.Serialization;

/// <summary>How Mooring's messages and events are written: compact JSON, so that old journals stay readable and fields can be added.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(AnnounceOperation))]
[JsonSerializable(typeof(ConfirmDelivery))]
[JsonSerializable(typeof(ConfirmHold))]
[JsonSerializable(typeof(ExecuteOperation))]
[JsonSerializable(typeof(GetNodes))]
[JsonSerializable(typeof(GetOperation))]
[JsonSerializable(typeof(GetOperations))]
[JsonSerializable(typeof(AwaitOperation))]
[JsonSerializable(typeof(WatchOperation))]
[JsonSerializable(typeof(GetVipHistory))]
[JsonSerializable(typeof(GetVolume))]
[JsonSerializable(typeof(GetVolumes))]
[JsonSerializable(typeof(HoldSource))]
[JsonSerializable(typeof(NodeHealthReport))]
[JsonSerializable(typeof(NodesListed))]
[JsonSerializable(typeof(OperationAccepted))]
[JsonSerializable(typeof(OperationEnded))]
[JsonSerializable(typeof(OperationFailed))]
[JsonSerializable(typeof(OperationFinished))]
[JsonSerializable(typeof(OperationFound))]
[JsonSerializable(typeof(OperationProgress))]
[JsonSerializable(typeof(OperationRunning))]
[JsonSerializable(typeof(OperationSettled))]
[JsonSerializable(typeof(OperationStarted))]
[JsonSerializable(typeof(OperationSucceeded<VolumeDeleted>), TypeInfoPropertyName = "OperationSucceededWithVolumeDeleted")]
[JsonSerializable(typeof(OperationSucceeded<VolumeInfo>), TypeInfoPropertyName = "OperationSucceededWithVolume")]
[JsonSerializable(typeof(OperationsForgotten))]
[JsonSerializable(typeof(OperationsListed))]
[JsonSerializable(typeof(OperationsSnapshot))]
[JsonSerializable(typeof(OutcomeRecorded))]
[JsonSerializable(typeof(OwnershipTaken))]
[JsonSerializable(typeof(QueryFailed))]
[JsonSerializable(typeof(ReleaseSource))]
[JsonSerializable(typeof(RequestAccepted))]
[JsonSerializable(typeof(RequestFinished))]
[JsonSerializable(typeof(ResultDelivered))]
[JsonSerializable(typeof(SourceHeld))]
[JsonSerializable(typeof(SourceHoldAnswered))]
[JsonSerializable(typeof(SourceHoldReleased))]
[JsonSerializable(typeof(SourceReleased))]
[JsonSerializable(typeof(StopVolume))]
[JsonSerializable(typeof(SubmitOperation))]
[JsonSerializable(typeof(VipHistory))]
[JsonSerializable(typeof(VolumeFound))]
[JsonSerializable(typeof(VolumeSnapshot))]
[JsonSerializable(typeof(VolumesListed))]
internal sealed partial class MooringJsonContext : JsonSerializerContext;

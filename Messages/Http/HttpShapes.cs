using System.Text.Json.Serialization;

namespace Mooring.Messages.Http;

/// <summary>A volume as HTTP shows it.</summary>
/// <param name="Pool">Its pool.</param>
/// <param name="Namespace">Its namespace; empty for the default one.</param>
/// <param name="Name">Its name.</param>
/// <param name="Id">The store's internal id of it.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="ObjectSizeBytes">The size of its objects in bytes.</param>
/// <param name="Features">The names of its features.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Parent">What it was cloned from, if anything.</param>
/// <param name="Metadata">Its metadata.</param>
public sealed record VolumeShape(
    string Pool,
    string Namespace,
    string Name,
    string Id,
    long SizeBytes,
    long ObjectSizeBytes,
    IReadOnlyList<string> Features,
    DateTimeOffset CreatedAt,
    string? Parent,
    IReadOnlyDictionary<string, string> Metadata);

/// <summary>An operation as HTTP shows it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="RequestId">The client's id for it.</param>
/// <param name="Kind">Its kind, such as <c>volume.copy</c>.</param>
/// <param name="Target">The volume that it makes or changes.</param>
/// <param name="Source">The volume that it reads, if any.</param>
/// <param name="State"><c>accepted</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Progress">The share that is done, 0 to 1.</param>
/// <param name="Attempts">How many attempts were begun.</param>
/// <param name="Result">The volume afterwards, if there is one.</param>
/// <param name="Error">Why it failed, if it did.</param>
/// <param name="AcceptedAt">When it was accepted.</param>
/// <param name="StartedAt">When it began, if it did.</param>
/// <param name="FinishedAt">When it ended, if it did.</param>
/// <param name="ExecutedBy">The node of the latest attempt.</param>
/// <param name="DeliveredBy">The node that first delivered the result.</param>
public sealed record OperationShape(
    string Id,
    string RequestId,
    string Kind,
    string Target,
    string? Source,
    string State,
    double Progress,
    int Attempts,
    VolumeShape? Result,
    ErrorShape? Error,
    DateTimeOffset AcceptedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? FinishedAt,
    string? ExecutedBy,
    string? DeliveredBy)
{
    /// <summary>Whether it will not change any more.</summary>
    [JsonIgnore]
    public bool Ended => State is "succeeded" or "failed" or "cancelled";
}

/// <summary>An error inside an operation.</summary>
/// <param name="Type">The stable problem type.</param>
/// <param name="Title">A short, stable title.</param>
/// <param name="Detail">One line for a person.</param>
/// <param name="Errno">Ceph's errno, where there is one.</param>
public sealed record ErrorShape(string Type, string Title, string Detail, int? Errno);

/// <summary>An error as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Type">The stable problem type.</param>
/// <param name="Title">A short, stable title.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">One line for a person.</param>
/// <param name="Errno">Ceph's errno, where there is one.</param>
/// <param name="RequestId">The request that failed, if it had an id.</param>
/// <param name="OperationId">Its operation, if there is one.</param>
public sealed record ProblemShape(string Type, string Title, int Status, string Detail, int? Errno, string? RequestId = null, string? OperationId = null);

/// <summary>A page of volumes.</summary>
/// <param name="Items">The volumes.</param>
/// <param name="NextCursor">Ask again with it; null at the end.</param>
public sealed record VolumePage(IReadOnlyList<VolumeShape> Items, string? NextCursor);

/// <summary>A page of operations.</summary>
/// <param name="Items">The operations, newest first.</param>
/// <param name="NextCursor">Ask again with it; null at the end.</param>
public sealed record OperationPage(IReadOnlyList<OperationShape> Items, string? NextCursor);

/// <summary>All nodes.</summary>
/// <param name="Items">The nodes.</param>
/// <param name="NextCursor">Always null: there is one page.</param>
public sealed record NodePage(IReadOnlyList<NodeShape> Items, string? NextCursor);

/// <summary>A node as HTTP shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where its HTTP endpoint listens.</param>
/// <param name="State"><c>joining</c>, <c>up</c>, <c>leaving</c>, <c>unreachable</c> or <c>down</c>.</param>
/// <param name="Health">Its latest report, if it has reported.</param>
/// <param name="VipOwner">Whether it owns the virtual IP.</param>
public sealed record NodeShape(string Name, string Address, string State, HealthShape? Health, bool VipOwner);

/// <summary>A node's health.</summary>
/// <param name="Dispatcher"><c>ok</c> or <c>failed</c>.</param>
/// <param name="RbdLink"><c>ok</c> or <c>failed</c>.</param>
/// <param name="Since">Since when both are as they are.</param>
public sealed record HealthShape(string Dispatcher, string RbdLink, DateTimeOffset Since);

/// <summary>The virtual IP as HTTP shows it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
/// <param name="Owner">The owner's name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Since">Since when.</param>
/// <param name="History">The latest owners, newest first.</param>
public sealed record VipShape(string Address, int Port, string? Owner, long Epoch, DateTimeOffset? Since, IReadOnlyList<VipOwnershipShape> History);

/// <summary>One ownership of the virtual IP.</summary>
/// <param name="Owner">The owner's name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">Why it became the owner.</param>
public sealed record VipOwnershipShape(string Owner, long Epoch, DateTimeOffset Since, string Reason);

/// <summary>The body of <c>POST /v1/volumes</c>.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Namespace">The namespace; empty or absent for the default one.</param>
/// <param name="Name">The volume's name.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
public sealed record CreateVolumeBody(string? Pool, string? Namespace, string? Name, long? SizeBytes);

/// <summary>The body of <c>POST /v1/volumes/{pool}/{image}/copy</c>.</summary>
/// <param name="Target">The new volume.</param>
public sealed record CopyVolumeBody(TargetBody? Target);

/// <summary>Names a volume that an operation makes.</summary>
/// <param name="Pool">Its pool; absent for the source's.</param>
/// <param name="Namespace">Its namespace; absent for the source's.</param>
/// <param name="Name">Its name.</param>
public sealed record TargetBody(string? Pool, string? Namespace, string? Name);

/// <summary>The body of <c>PATCH /v1/volumes/{pool}/{image}</c>.</summary>
/// <param name="SizeBytes">The new size in bytes.</param>
/// <param name="AllowShrink">Whether the size may become smaller.</param>
public sealed record PatchVolumeBody(long? SizeBytes, bool? AllowShrink);

using System.Text.Json;
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
    IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>How much of an object is written before the next one of the stripe, in bytes.</summary>
    public long StripeUnitBytes { get; init; }

    /// <summary>How many objects make a stripe.</summary>
    public long StripeCount { get; init; }

    /// <summary>The pool of its data, when that is another one than its own.</summary>
    public string? DataPool { get; init; }

    /// <summary>The SHA-256, in hex, of the bytes that it was just made of; null where it was not made of any.</summary>
    public string? ContentSha256 { get; init; }

    /// <summary>What is damaged and what can be done about it; null for a volume that is whole. Of a damaged one only the name and the id are known.</summary>
    public string? Damage { get; init; }

    /// <summary>Its snapshots in all; null in lists.</summary>
    public SnapshotSummaryShape? Snapshots { get; init; }

    /// <summary>The volumes that were cloned from its snapshots; null in lists.</summary>
    public IReadOnlyList<string>? Children { get; init; }

    /// <summary>Who has it open to write; null in lists.</summary>
    public IReadOnlyList<string>? Watchers { get; init; }

    /// <summary>Who has locked it; null in lists.</summary>
    public IReadOnlyList<string>? Locks { get; init; }

    /// <summary>Where it is being moved from; null in lists, and for one that is not being moved.</summary>
    public MigrationShape? Migration { get; init; }
}

/// <summary>The move of a volume to its present name.</summary>
/// <param name="Source">The name that it had; empty when it comes from something that is no volume.</param>
/// <param name="State">How far it is: <c>preparing</c>, <c>prepared</c>, <c>executing</c>, <c>executed</c>, <c>aborting</c> or <c>failed</c>.</param>
/// <param name="Detail">What the store says of that, such as how much is copied; empty for nothing.</param>
public sealed record MigrationShape(string Source, string State, string Detail);

/// <summary>A volume's snapshots in all.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="ProtectedCount">How many of them are protected.</param>
/// <param name="Limit">How many there may be; null when that is not limited.</param>
public sealed record SnapshotSummaryShape(int Count, int ProtectedCount, long? Limit);

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
    /// <summary>Why the last try was put off, while it has no result.</summary>
    public SetbackShape? Setback { get; init; }

    /// <summary>Whether somebody has asked that it be cancelled.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CancelAsked { get; init; }

    /// <summary>Whether it will not change any more.</summary>
    [JsonIgnore]
    public bool Ended => State is "succeeded" or "failed" or "cancelled";
}

/// <summary>The block store has put an operation off, or has not answered: it is tried again.</summary>
/// <param name="Error">What it said.</param>
/// <param name="Count">How many tries of this series were put off.</param>
/// <param name="Since">When the first of them was.</param>
/// <param name="NextTryAt">When the next try begins; it is under way when that is past.</param>
public sealed record SetbackShape(ErrorShape Error, int Count, DateTimeOffset Since, DateTimeOffset NextTryAt);

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

/// <summary>A page of what a read shows.</summary>
/// <param name="Items">The rows.</param>
/// <param name="NextCursor">Ask again with it; null at the end.</param>
public sealed record RowPage(IReadOnlyList<JsonElement> Items, string? NextCursor);

/// <summary>A page of operations.</summary>
/// <param name="Items">The operations, newest first.</param>
/// <param name="NextCursor">Ask again with it; null at the end.</param>
public sealed record OperationPage(IReadOnlyList<OperationShape> Items, string? NextCursor);

/// <summary>All nodes.</summary>
/// <param name="Items">The nodes.</param>
/// <param name="NextCursor">Always null: there is one page.</param>
public sealed record NodePage(IReadOnlyList<NodeShape> Items, string? NextCursor);

/// <summary>A page of images that were compared with what the owner knows.</summary>
/// <param name="ImageCount">How many were looked at.</param>
/// <param name="Items">What is not as it should be.</param>
/// <param name="NextCursor">The next page begins here; null at the end.</param>
public sealed record CheckPage(int ImageCount, IReadOnlyList<CheckFindingShape> Items, string? NextCursor);

/// <summary>Something in the block store that is not as it should be.</summary>
/// <param name="Kind"><c>stray</c>, <c>damaged</c>, <c>half-removed</c>, <c>unowned</c> or <c>unknown</c>.</param>
/// <param name="Name">The image.</param>
/// <param name="Detail">One line for a person.</param>
/// <param name="CanRepair">Whether it can be removed without harm.</param>
/// <param name="Repaired">Whether it was.</param>
public sealed record CheckFindingShape(string Kind, string Name, string Detail, bool CanRepair, bool Repaired);

/// <summary>A node as HTTP shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where its HTTP endpoint listens.</param>
/// <param name="State">One of <see cref="NodeStates"/>.</param>
/// <param name="Health">Its latest report, if it has reported.</param>
/// <param name="VipOwner">Whether it owns the virtual IP.</param>
/// <param name="VipTaking">Whether it is about to: it waits for the lease, or puts the address on.</param>
/// <param name="Away">Why it is away and since when, in one line; null when it is not.</param>
public sealed record NodeShape(string Name, string Address, string State, HealthShape? Health, bool VipOwner, bool VipTaking = false, string? Away = null);

/// <summary>A node's health.</summary>
/// <param name="Dispatcher"><c>ok</c> or <c>failed</c>.</param>
/// <param name="RbdLink"><c>ok</c> or <c>failed</c>.</param>
/// <param name="Since">Since when the verdicts are as they are.</param>
/// <param name="Problem">What is wrong, in one line; null for a healthy node.</param>
/// <param name="VipLink"><c>ok</c>, or <c>failed</c> when clients would not reach the virtual IP on it.</param>
public sealed record HealthShape(string Dispatcher, string RbdLink, DateTimeOffset Since, string? Problem = null, string VipLink = "ok");

/// <summary>The virtual IP as HTTP shows it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
/// <param name="Owner">The owner's name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Since">Since when.</param>
/// <param name="History">The latest owners, newest first.</param>
public sealed record VipShape(string Address, int Port, string? Owner, long Epoch, DateTimeOffset? Since, IReadOnlyList<VipOwnershipShape> History);

/// <summary>Asks that the virtual IP move.</summary>
/// <param name="From">Only if this node owns it, so that the request may be sent again; null for any.</param>
/// <param name="To">The next owner; null for the node that has been in the cluster the longest.</param>
public sealed record VipMoveBody(string? From, string? To);

/// <summary>The virtual IP is about to move.</summary>
/// <param name="To">Its next owner; the present one when there is nothing to do.</param>
public sealed record VipMoveShape(string To);

/// <summary>One ownership of the virtual IP.</summary>
/// <param name="Owner">The owner's name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">Why it became the owner.</param>
public sealed record VipOwnershipShape(string Owner, long Epoch, DateTimeOffset Since, string Reason);

/// <summary>The body of <c>POST /v1/filesystems</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool of its images; <c>rbd</c> when absent.</param>
/// <param name="SizeBytes">The size of each area, in bytes.</param>
/// <param name="Areas">How many areas; 1 when absent. Those after the first are mounted at <c>/area-1</c> and so on unless paths are given.</param>
/// <param name="Paths">The directories that the areas are mounted at.</param>
/// <param name="Readers">How many readers each area has beside its writer; when absent all other nodes, those that come later as well, 2 at most.</param>
public sealed record CreateFileSystemBody(string? Name, string? Pool, long? SizeBytes, int? Areas, IReadOnlyList<string>? Paths, int? Readers);

/// <summary>A file system as HTTP shows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool of its images.</param>
/// <param name="SizeBytes">The size of each area, in bytes.</param>
/// <param name="Areas">Its areas.</param>
/// <param name="Files">How many files there are.</param>
/// <param name="UsedBytes">How many bytes of the images are in use.</param>
public sealed record FileSystemShape(string Name, string Pool, long SizeBytes, IReadOnlyList<AreaShape> Areas, long Files, long UsedBytes);

/// <summary>An area as HTTP shows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Path">The directory that it is mounted at.</param>
/// <param name="Image">Its image.</param>
/// <param name="Writer">The one node that may write it.</param>
/// <param name="Readers">The nodes that read it.</param>
/// <param name="Epoch">The writer's epoch.</param>
public sealed record AreaShape(int Id, string Path, string Image, string? Writer, IReadOnlyList<string> Readers, long Epoch);

/// <summary>A page of file systems.</summary>
/// <param name="Items">The file systems.</param>
/// <param name="NextCursor">Always null: there is one page.</param>
public sealed record FileSystemPage(IReadOnlyList<FileSystemShape> Items, string? NextCursor);

/// <summary>The keys that rights to files are signed with (<c>/v1/file-keys</c>).</summary>
/// <param name="Items">Those that are honoured, newest first.</param>
public sealed record FileKeysShape(IReadOnlyList<FileKeyShape> Items);

/// <summary>When a key counts; the key itself is nobody's business.</summary>
/// <param name="SignsFrom">From when on it signs.</param>
/// <param name="EndsAt">From when on nothing that it has signed is honoured; null while it has no successor.</param>
public sealed record FileKeyShape(DateTimeOffset SignsFrom, DateTimeOffset? EndsAt);

/// <summary>The body of <c>POST /v1/filesystems/{name}/grants</c>.</summary>
/// <param name="Path">The path; the rights hold for everything below it.</param>
/// <param name="Write">Whether to write as well.</param>
/// <param name="WholeArea">Whether the rights are to hold for all of the path's area.</param>
/// <param name="Failed">Who did not finish a read or write, if that is why.</param>
public sealed record GrantBody(string? Path, bool? Write, bool? WholeArea, GrantFailureBody? Failed);

/// <summary>A client's report of a data node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Epoch">The epoch of the grant.</param>
/// <param name="Problem">What was seen.</param>
public sealed record GrantFailureBody(string Node, long Epoch, string Problem);

/// <summary>Who has which right to an area.</summary>
/// <param name="Filesystem">The file system.</param>
/// <param name="Area">The area's number.</param>
/// <param name="Path">The directory that the area is mounted at.</param>
/// <param name="Scope">The path that the rights hold for.</param>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Writer">The node that may write; null when reading was asked for and there is none now.</param>
/// <param name="Readers">The nodes that read.</param>
/// <param name="Order">All of them in address order: the first is the writer, when there is one.</param>
/// <param name="WriteToken">The writer's token, when writing was asked for.</param>
/// <param name="ReadTokens">Each node's token for reading.</param>
/// <param name="ExpiresAt">When the tokens end.</param>
public sealed record GrantShape(
    string Filesystem,
    int Area,
    string Path,
    string Scope,
    long Epoch,
    MemberShape? Writer,
    IReadOnlyList<MemberShape> Readers,
    IReadOnlyList<string> Order,
    string? WriteToken,
    IReadOnlyDictionary<string, string> ReadTokens,
    DateTimeOffset ExpiresAt);

/// <summary>A node of an area's set.</summary>
/// <param name="Node">The node.</param>
/// <param name="Address">Where it takes files, <c>host:port</c>.</param>
public sealed record MemberShape(string Node, string Address);

/// <summary>A file or directory as HTTP shows it.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Type"><c>file</c> or <c>directory</c>.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="ModifiedAt">When it was changed last.</param>
/// <param name="Crc32c">The checksum of all its bytes, as eight hexadecimal digits, where it is known.</param>
/// <param name="Area">The number of its area.</param>
public sealed record EntryShape(string Path, string Type, long SizeBytes, DateTimeOffset ModifiedAt, string? Crc32c, int Area);

/// <summary>A page of a directory.</summary>
/// <param name="Items">The entries in order of their names.</param>
/// <param name="NextCursor">Ask again with it; null at the end.</param>
public sealed record EntryPage(IReadOnlyList<EntryShape> Items, string? NextCursor);

/// <summary>Asks for a token.</summary>
/// <param name="Name">Its name: 1 to 64 of a-z, 0-9 and -; no other token has it.</param>
/// <param name="Role"><c>viewer</c>, <c>operator</c> or <c>admin</c>.</param>
/// <param name="Scopes">Where it is valid: <c>POOL</c>, <c>POOL/NAMESPACE</c>, <c>fs:FILESYSTEM</c>; nothing for everywhere.</param>
/// <param name="ExpiresInSeconds">When it ends; nothing for one that is valid until it is revoked.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record TokenBody(string? Name, string? Role, IReadOnlyList<string>? Scopes = null, long? ExpiresInSeconds = null);

/// <summary>A token, without its secret.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role"><c>viewer</c>, <c>operator</c> or <c>admin</c>.</param>
/// <param name="Scopes">Where it is valid; empty for everywhere.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">When it ends, if it does by itself.</param>
/// <param name="Token">The token itself: only in the answer to whoever has made it.</param>
public sealed record TokenShape(
    string Name, string Role, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token = null);

/// <summary>All tokens.</summary>
/// <param name="Items">Them, by name.</param>
/// <param name="NextCursor">Null: there is one page.</param>
public sealed record TokenPage(IReadOnlyList<TokenShape> Items, string? NextCursor);

/// <summary>What the audit log says of a request that may change something: one entry before anything is done, one when it was answered.</summary>
/// <param name="At">When.</param>
/// <param name="Node">The node that was asked.</param>
/// <param name="Stage"><c>received</c> or <c>completed</c>. Without the second the node has ended before it had answered: the effect may be there.</param>
/// <param name="Id">The same in both entries.</param>
/// <param name="Who">The name of the token that was shown; nothing where none is asked for.</param>
/// <param name="From">The IP address that the request came from.</param>
/// <param name="Method">The HTTP method; <c>CONSOLE</c> for a command at a console.</param>
/// <param name="Target">Path and query, as they came; the command.</param>
/// <param name="Body">What was asked for, unless that is data; in the first entry.</param>
/// <param name="RequestId">The request's id; the same when a client asks again.</param>
/// <param name="Status">The HTTP status; in the second entry, unless that is of a console.</param>
/// <param name="Result">What went wrong, in one line; in the second entry.</param>
/// <param name="Number">Its place in the log.</param>
public sealed record AuditEntryShape(
    DateTimeOffset At, string Node, string Stage, string Id, string? Who, string From, string Method, string Target,
    string? Body = null, string? RequestId = null, int? Status = null, string? Result = null, long? Number = null);

/// <summary>A page of the audit log.</summary>
/// <param name="Items">The entries, newest first.</param>
/// <param name="NextCursor">Ask again with it; null at the end.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntryShape> Items, string? NextCursor);

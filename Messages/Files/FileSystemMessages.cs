namespace Mooring.Messages;

/// <summary>A message for the name node of one file system.</summary>
public interface IWithFileSystem
{
    /// <summary>The file system.</summary>
    FileSystemName FileSystem { get; }
}

/// <summary>Makes a file system; answered with <see cref="FileSystemFound"/> or <see cref="QueryFailed"/>. The same request again gets the same answer.</summary>
/// <param name="FileSystem">Its name.</param>
/// <param name="RequestId">The client's id for the request.</param>
/// <param name="Pool">The pool of its images.</param>
/// <param name="SizeBytes">The size of each area's image, in bytes.</param>
/// <param name="AreaPaths">The directories that its areas are mounted at; the first is <c>/</c>.</param>
/// <param name="Readers">How many readers each area is to have beside its writer.</param>
/// <param name="AllAtOnce">Whether it is refused while there are fewer data nodes than that; otherwise those that come become readers.</param>
public sealed record CreateFileSystem(
    FileSystemName FileSystem, RequestId RequestId, string Pool, long SizeBytes, IReadOnlyList<string> AreaPaths, int Readers, bool AllAtOnce = true)
    : IWithFileSystem;

/// <summary>Removes a file system and all its data; answered with <see cref="FileSystemDeleted"/> or <see cref="QueryFailed"/>.</summary>
/// <param name="FileSystem">Its name.</param>
public sealed record DeleteFileSystem(FileSystemName FileSystem) : IWithFileSystem;

/// <summary>Asks for a file system; answered with <see cref="FileSystemFound"/> or <see cref="QueryFailed"/>.</summary>
/// <param name="FileSystem">Its name.</param>
public sealed record GetFileSystem(FileSystemName FileSystem) : IWithFileSystem;

/// <summary>A file system.</summary>
/// <param name="Info">What is known of it.</param>
public sealed record FileSystemFound(FileSystemView Info);

/// <summary>A file system is gone.</summary>
/// <param name="FileSystem">Its name.</param>
public sealed record FileSystemDeleted(FileSystemName FileSystem);

/// <summary>What is known of a file system.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pool">The pool of its images.</param>
/// <param name="SizeBytes">The size of each area, in bytes.</param>
/// <param name="Areas">Its areas.</param>
/// <param name="Files">How many files there are, as the writers last said.</param>
/// <param name="UsedBytes">How many bytes of the images are in use.</param>
public sealed record FileSystemView(FileSystemName Name, string Pool, long SizeBytes, IReadOnlyList<AreaInfo> Areas, long Files, long UsedBytes);

/// <summary>An area as the outside sees it.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Path">The directory that it is mounted at.</param>
/// <param name="Image">Its image.</param>
/// <param name="Writer">The one node that may write it; null while there is none.</param>
/// <param name="Readers">The nodes that read it.</param>
/// <param name="Epoch">The writer's epoch.</param>
public sealed record AreaInfo(int Number, string Path, VolumeId Image, NodeName? Writer, IReadOnlyList<NodeName> Readers, Epoch Epoch);

/// <summary>
/// Asks for the rights to a path (F2); answered with <see cref="AccessGranted"/> or <see cref="QueryFailed"/>. A client whose read or write
/// did not finish says with whom (F9), and is answered when that was looked into: the answer is then the update information (F10, F11).
/// </summary>
/// <param name="FileSystem">The file system.</param>
/// <param name="Path">The path; the rights hold for everything below it.</param>
/// <param name="Write">Whether to write as well.</param>
/// <param name="WholeArea">Whether the rights are to hold for all of the area that the path lies in.</param>
/// <param name="Failed">Who did not answer, if that is why.</param>
public sealed record RequestAccess(FileSystemName FileSystem, string Path, bool Write, bool WholeArea, AccessFailure? Failed) : IWithFileSystem;

/// <summary>A client's report of a data node that did not finish its work.</summary>
/// <param name="Node">The node.</param>
/// <param name="Epoch">The epoch of the grant.</param>
/// <param name="Problem">What the client saw, one line.</param>
public sealed record AccessFailure(NodeName Node, Epoch Epoch, string Problem);

/// <summary>Who has which right to an area (F3): by tokens, and by order: the first address is the writer's.</summary>
/// <param name="Area">The area.</param>
/// <param name="Path">The directory that the area is mounted at.</param>
/// <param name="Scope">The path that the rights hold for, and all below it.</param>
/// <param name="Epoch">The writer's epoch.</param>
/// <param name="Writer">The writer; null when only reading was asked for and there is none now.</param>
/// <param name="Members">The writer, if there is one, then the readers.</param>
/// <param name="WriteToken">The writer's token; null when writing was not asked for.</param>
/// <param name="ReadTokens">Each member's token for reading.</param>
/// <param name="ExpiresAt">When the tokens end.</param>
public sealed record AccessGranted(
    AreaId Area,
    string Path,
    string Scope,
    Epoch Epoch,
    NodeName? Writer,
    IReadOnlyList<DataNodeAddress> Members,
    string? WriteToken,
    IReadOnlyDictionary<NodeName, string> ReadTokens,
    DateTimeOffset ExpiresAt);

/// <summary>Where a data node takes files.</summary>
/// <param name="Node">The node.</param>
/// <param name="Address"><c>host:port</c>.</param>
public sealed record DataNodeAddress(NodeName Node, string Address);

namespace Mooring.Messages;

/// <summary>What happened to one file system; journalled by its name node. Extend-only.</summary>
public interface INameNodeEvent;

/// <summary>The intent to make a file system: from now on its images may exist.</summary>
/// <param name="FileSystem">Its name.</param>
/// <param name="RequestId">The client's id for the request.</param>
/// <param name="Pool">The pool of its images.</param>
/// <param name="SizeBytes">The size of each area, in bytes.</param>
/// <param name="Areas">Its areas.</param>
/// <param name="Readers">How many readers each area is to have.</param>
/// <param name="At">When.</param>
public sealed record FileSystemPlanned(
    FileSystemName FileSystem, RequestId RequestId, string Pool, long SizeBytes, IReadOnlyList<PlannedArea> Areas, int Readers, DateTimeOffset At) : INameNodeEvent;

/// <summary>An area of a file system that is being made.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Path">The directory that it is mounted at.</param>
/// <param name="Image">Its image.</param>
public sealed record PlannedArea(int Number, string Path, VolumeId Image);

/// <summary>All images stand and are formatted.</summary>
/// <param name="At">When.</param>
public sealed record FileSystemMade(DateTimeOffset At) : INameNodeEvent;

/// <summary>Making it failed, and nothing of it is left.</summary>
/// <param name="Error">Why.</param>
public sealed record FileSystemAbandoned(OperationError Error) : INameNodeEvent;

/// <summary>The intent to remove a file system.</summary>
/// <param name="At">When.</param>
public sealed record FileSystemRemovalBegun(DateTimeOffset At) : INameNodeEvent;

/// <summary>Its images are gone.</summary>
/// <param name="At">When.</param>
public sealed record FileSystemRemoved(DateTimeOffset At) : INameNodeEvent;

/// <summary>
/// A node is to be the writer of an area: the decision behind the first update information (F10). Until <see cref="WriterAdmitted"/> it may not
/// write: every connection in the area's list is shut out first.
/// </summary>
/// <param name="Area">The area's number.</param>
/// <param name="Epoch">The new epoch.</param>
/// <param name="Writer">The node.</param>
/// <param name="Connection">Its connection to the block store: what a successor fences.</param>
/// <param name="Reason">Why, one line.</param>
/// <param name="At">When.</param>
public sealed record WriterAppointed(int Area, Epoch Epoch, NodeName Writer, FenceAddress Connection, string Reason, DateTimeOffset At) : INameNodeEvent;

/// <summary>Earlier writers are shut out and the epoch stands in the block store: the writer may write.</summary>
/// <param name="Area">The area's number.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="At">When.</param>
public sealed record WriterAdmitted(int Area, Epoch Epoch, DateTimeOffset At) : INameNodeEvent;

/// <summary>A node joins an area as a reader: with <see cref="ReaderDismissed"/> the second update information (F11).</summary>
/// <param name="Area">The area's number.</param>
/// <param name="Reader">The node.</param>
/// <param name="Reason">Why, one line.</param>
/// <param name="At">When.</param>
public sealed record ReaderAppointed(int Area, NodeName Reader, string Reason, DateTimeOffset At) : INameNodeEvent;

/// <summary>A node is no reader of an area any more.</summary>
/// <param name="Area">The area's number.</param>
/// <param name="Reader">The node.</param>
/// <param name="Reason">Why, one line.</param>
/// <param name="At">When.</param>
public sealed record ReaderDismissed(int Area, NodeName Reader, string Reason, DateTimeOffset At) : INameNodeEvent;

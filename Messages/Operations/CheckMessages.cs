namespace Mooring.Messages;

/// <summary>
/// Compares what lies in the block store with what the owner knows, a page of images at a time; answered with <see cref="StoreChecked"/> or
/// <see cref="QueryFailed"/>. Changes nothing unless <see cref="Repair"/> is set.
/// </summary>
/// <param name="After">The page begins after this image (<c>pool/namespace/image</c>); null begins with the first pool.</param>
/// <param name="Limit">At most so many images, 1 to 1,000.</param>
/// <param name="Repair">Whether what nobody can need any more is removed.</param>
public sealed record CheckStore(string? After, int Limit, bool Repair) : IOperationQuery;

/// <summary>A page of images was compared.</summary>
/// <param name="ImageCount">How many images were looked at.</param>
/// <param name="Findings">What is not as it should be.</param>
/// <param name="Next">Ask again with this as <see cref="CheckStore.After"/>; null at the end.</param>
public sealed record StoreChecked(int ImageCount, IReadOnlyList<CheckFinding> Findings, string? Next);

/// <summary>Something in the block store that is not as it should be.</summary>
/// <param name="Kind">What it is: <c>stray</c>, left by an attempt of an operation that is over; <c>damaged</c>, has a name and cannot be opened; <c>half-removed</c>, lies in the trash because its removal was cut short;
/// <c>unowned</c>, of a file system that there is not; <c>unknown</c>, has a name of Mooring's own and is none of these.</param>
/// <param name="Name">The image.</param>
/// <param name="Detail">One line for a person.</param>
/// <param name="CanRepair">Whether it can be removed without harm.</param>
/// <param name="Repaired">Whether it was.</param>
public sealed record CheckFinding(string Kind, string Name, string Detail, bool CanRepair, bool Repaired);

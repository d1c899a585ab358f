namespace Mooring.Messages.Wire;

/// <summary>One frame that was read.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Payload">Its content; valid until the next frame is read from the same connection.</param>
public readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Payload);

namespace Mooring.Messages.Wire;

/// <summary>What a frame of a data connection is. Numbers never change.</summary>
public enum FrameKind : byte
{
    /// <summary>Client to writer: <see cref="WriteOpen"/>.</summary>
    WriteOpen = 0x01,

    /// <summary>Both ways: the offset in the stream (64 bits), then bytes.</summary>
    Chunk = 0x02,

    /// <summary>Client to writer: the stream has this many bytes (64 bits) and is to be made durable and visible.</summary>
    WriteClose = 0x03,

    /// <summary>Client to any node of the set: <see cref="ReadOpen"/>.</summary>
    ReadOpen = 0x04,

    /// <summary>Client to any node of the set: <see cref="FileRequest"/>.</summary>
    Operations = 0x05,

    /// <summary>Writer to reader: its token for this (a text).</summary>
    PushOpen = 0x06,

    /// <summary>Writer to reader: a number of the batch on this connection (64 bits), then a committed batch of metadata.</summary>
    PushBatch = 0x07,

    /// <summary>Client to any node of the set: <see cref="NodeRequest"/>, then the bytes of its operation.</summary>
    NodeOperation = 0x08,

    /// <summary>Writer to client: the stream goes on from this offset (64 bits).</summary>
    WriteReady = 0x81,

    /// <summary>Writer to client: the stream is durable up to this offset (64 bits); of an append it is taken up to there.</summary>
    WriteAcknowledged = 0x82,

    /// <summary>Writer to client: the stream is complete; the <see cref="FileEntry"/>.</summary>
    WriteDone = 0x83,

    /// <summary>Node to client: the <see cref="FileEntry"/>, and the range that follows as chunks (two 64-bit numbers: offset, length).</summary>
    ReadReady = 0x84,

    /// <summary>Node to client: all bytes of the range were sent.</summary>
    ReadDone = 0x85,

    /// <summary>Node to client: the results of a <see cref="FileRequest"/>, in order.</summary>
    OperationResults = 0x86,

    /// <summary>Reader to writer: it takes batches, or has taken the one of this number (64 bits; 0 after the opening).</summary>
    PushAcknowledged = 0x88,

    /// <summary>Node to client: the <see cref="Wire.NodeResult"/> of a <see cref="NodeRequest"/>, then its bytes.</summary>
    NodeResult = 0x89,

    /// <summary>Any way: an error kind (8 bits) and a text.</summary>
    Error = 0xFF,
}

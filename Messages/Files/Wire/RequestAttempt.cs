namespace Mooring.Messages.Wire;

/// <summary>
/// Which sending of a request to change something this is. A client that gets no answer sends the request again, while the earlier sending may still lie
/// in a socket or wait at the writer; by this the writer knows that it came too late.
/// </summary>
/// <param name="Request">The request; the same for all its sendings.</param>
/// <param name="Number">1 for the first sending, rising after that.</param>
public readonly record struct RequestAttempt(Guid Request, int Number)
{
    // At the end of a frame, and missing in what a client of before sends.
    internal static void Write(WireWriter writer, RequestAttempt? attempt)
    {
        if (attempt is not { } known)
            return;
        writer.Bytes(known.Request.ToByteArray());
        writer.Int32(known.Number);
    }

    internal static RequestAttempt? Read(ref WireReader reader)
    {
        if (reader.Left == 0)
            return null;
        var (request, number) = (WireRecords.ReadGuid(ref reader), reader.Int32());
        return number > 0 ? new RequestAttempt(request, number) : throw new WireException("an attempt has no number");
    }
}

using System.Net.Sockets;
using Mooring.Cli;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Pure;

/// <summary>The exit status of a command that a file of this machine has failed, or a connection.</summary>
public class FailureStatusTests
{
    public static TheoryData<Exception, int> Failed => new()
    {
        { new FileNotFoundException("no such file"), ExitStatus.Failed },
        { new DirectoryNotFoundException("no such directory"), ExitStatus.Failed },
        { new UnauthorizedAccessException("denied"), ExitStatus.Failed },
        { new IOException("no space left on device", 28), ExitStatus.Failed },
        { new IOException("cannot read from the connection", new SocketException(104)), ExitStatus.Unreachable },
        { new EndOfStreamException("the connection has ended"), ExitStatus.Unreachable },
        { new BlockStoreException(ErrorKind.TimedOut, "the store does not answer"), ExitStatus.Unreachable },
        { new BlockStoreException(ErrorKind.PermissionDenied, "the key does not allow it"), ExitStatus.Refused },
        { new BlockStoreException(ErrorKind.InvalidArgument, "the image is none of a file system"), ExitStatus.Failed },
    };

    [Theory]
    [MemberData(nameof(Failed), DisableDiscoveryEnumeration = true)]
    public async Task What_fails_here_is_not_taken_for_a_cluster_that_does_not_answer(Exception failure, int status) =>
        Assert.Equal(status, await Failures.GuardAsync(json: false, _ => throw failure));

    [Fact]
    public async Task A_full_device_is_told_from_a_connection() => Assert.Equal(ExitStatus.Failed, await Failures.GuardAsync(json: false, async _ =>
    {
        await File.WriteAllTextAsync("/dev/full", "more than none");
        return ExitStatus.Done;
    }));
}

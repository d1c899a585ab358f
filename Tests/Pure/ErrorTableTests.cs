using Mooring.Harness;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage.Ceph;

namespace Mooring.Tests.Pure;

/// <summary>What each answer of Ceph means.</summary>
public class ErrorTableTests
{
    [Theory]
    // Somebody or something is in the way, or it can never be right.
    [InlineData(1, ErrorKind.PermissionDenied, ErrorMeaning.Final)]
    [InlineData(2, ErrorKind.NotFound, ErrorMeaning.Final)]
    [InlineData(16, ErrorKind.Busy, ErrorMeaning.Final)]
    [InlineData(17, ErrorKind.AlreadyExists, ErrorMeaning.Final)]
    [InlineData(18, ErrorKind.InvalidArgument, ErrorMeaning.Final)]
    [InlineData(22, ErrorKind.InvalidArgument, ErrorMeaning.Final)]
    [InlineData(28, ErrorKind.NoSpace, ErrorMeaning.Final)]
    [InlineData(30, ErrorKind.PermissionDenied, ErrorMeaning.Final)]
    [InlineData(33, ErrorKind.InvalidArgument, ErrorMeaning.Final)]
    [InlineData(39, ErrorKind.Busy, ErrorMeaning.Final)]
    [InlineData(95, ErrorKind.Unsupported, ErrorMeaning.Final)]
    [InlineData(122, ErrorKind.NoSpace, ErrorMeaning.Final)]
    [InlineData(125, ErrorKind.Cancelled, ErrorMeaning.Final)]
    // An answer, but not the last word.
    [InlineData(5, ErrorKind.Internal, ErrorMeaning.PutOff)]
    [InlineData(11, ErrorKind.Overloaded, ErrorMeaning.PutOff)]
    [InlineData(12, ErrorKind.Overloaded, ErrorMeaning.PutOff)]
    [InlineData(84, ErrorKind.Unsupported, ErrorMeaning.Final)]
    [InlineData(116, ErrorKind.Overloaded, ErrorMeaning.PutOff)]
    [InlineData(9999, ErrorKind.Internal, ErrorMeaning.PutOff)]
    // No answer.
    [InlineData(107, ErrorKind.Unavailable, ErrorMeaning.InDoubt)]
    [InlineData(108, ErrorKind.Fenced, ErrorMeaning.InDoubt)]
    [InlineData(110, ErrorKind.TimedOut, ErrorMeaning.InDoubt)]
    public void An_answer_of_Ceph_has_one_meaning(int errno, ErrorKind kind, ErrorMeaning meaning)
    {
        var error = CephErrors.Failure(-errno, "resize rbd/a").Error;

        Assert.Equal((kind, meaning, errno), (error.Kind, OperationErrors.MeaningOf(error.Kind), error.Errno));
        Assert.StartsWith("cannot resize rbd/a: ", error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_table_in_the_documentation_is_what_the_code_says()
    {
        var file = Path.Combine(SourceRoot.Path, "docs", "errors.md");
        var said = File.Exists(file) ? File.ReadAllText(file) : "";
        var meant = ErrorTable.Text();
        if (said != meant && Environment.GetEnvironmentVariable("MOORING_APPROVE") is not null)
            File.WriteAllText(file, meant);

        Assert.True(said == meant, "docs/errors.md is out of date: run this test with MOORING_APPROVE=1 and look at the change");
    }
}

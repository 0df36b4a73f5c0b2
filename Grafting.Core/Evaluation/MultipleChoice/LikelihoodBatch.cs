namespace Grafting.Core.Evaluation.MultipleChoice;

/// <summary>Sequences that are read together, padded at their end.</summary>
/// <param name="Ids">Row by row; 0 at padding.</param>
/// <param name="Positions">From 0 in each row.</param>
/// <param name="JudgedPlaces">Flat positions whose output predicts a judged token, request after request.</param>
/// <param name="JudgedIds">What they should predict.</param>
/// <param name="Owners">Request and its number of judged tokens, in the same order.</param>
sealed record LikelihoodBatch(
    int Rows, int Length, long[] Ids, long[] Positions, long[] JudgedPlaces, long[] JudgedIds,
    IReadOnlyList<(int Request, int Judged)> Owners)
{
    /// <param name="rows">For each row the requests that read it.</param>
    public static LikelihoodBatch Create(IReadOnlyList<LikelihoodRequest> requests, IReadOnlyList<IReadOnlyList<int>> rows)
    {
        var length = rows.Max(row => requests[row[0]].Input.Length);
        var (ids, positions) = (new long[rows.Count * length], new long[rows.Count * length]);
        var (places, judged, owners) = (new List<long>(), new List<long>(), new List<(int, int)>());
        for (var r = 0; r < rows.Count; r++)
        {
            var input = requests[rows[r][0]].Input;
            for (var i = 0; i < length; i++) positions[r * length + i] = i;
            for (var i = 0; i < input.Length; i++) ids[r * length + i] = input[i];
            foreach (var owner in rows[r])
            {
                var request = requests[owner];
                for (var i = request.Ids.Length - request.Judged; i < request.Ids.Length; i++)
                {
                    places.Add(r * length + i - 1);
                    judged.Add(request.Ids[i]);
                }
                owners.Add((owner, request.Judged));
            }
        }
        return new LikelihoodBatch(rows.Count, length, ids, positions, [.. places], [.. judged], owners);
    }

    /// <summary>Adds up what belongs to each request.</summary>
    public void Collect(float[] nats, bool[] hits, Likelihood[] likelihoods)
    {
        var at = 0;
        foreach (var (request, judged) in Owners)
        {
            var (sum, greedy) = (0.0, true);
            for (var end = at + judged; at < end; at++)
            {
                sum -= nats[at];
                greedy &= hits[at];
            }
            likelihoods[request] = new Likelihood(sum, greedy);
        }
    }
}
